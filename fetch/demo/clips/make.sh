#!/usr/bin/env bash
# Makes the clips of the demo from two of its pictures, with a slow zoom. Needs Go, and ffmpeg with
# libx264.
set -euo pipefail
cd "$(dirname "$0")"
clips=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# H.264 in its baseline profile plays everywhere. The index comes first (faststart), so that a clip
# starts to play while it is still arriving. The same encoder must make the same bytes, so there is
# one thread, and the file names neither the encoder, its settings (bitexact, no SEI units) nor the
# date.
clip() { # PICTURE CLIP WIDTHxHEIGHT ZOOM
  ffmpeg -v error -y -i "$scratch/$1" -vf "
      scale=2560:-2:flags=area, gblur=0.8,
      zoompan=z='$4':x='(iw-iw/zoom)/2':y='(ih-ih/zoom)/2':d=60:fps=24:s=$3,
      format=yuv420p" \
    -c:v libx264 -profile:v baseline -preset veryslow -crf 22 -threads 1 -an \
    -fflags +bitexact -flags:v +bitexact -bsf:v filter_units=remove_types=6 -map_metadata -1 -movflags +faststart "$clips/$2"
}

go build -o "$scratch/draw" draw.go
(cd "$scratch" && ./draw low-sun-over-the-sea.jpg lighthouse-at-nightfall.jpg)
clip low-sun-over-the-sea.jpg low-sun.mp4 640x360 '1+0.15*on/60'
clip lighthouse-at-nightfall.jpg lighthouse.mp4 416x608 '1.18-0.18*on/60'
