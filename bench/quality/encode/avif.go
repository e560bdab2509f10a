package main

import "firstframe/render/media/planaravif"

func init() { encoders[".avif"] = planaravif.Encode }
