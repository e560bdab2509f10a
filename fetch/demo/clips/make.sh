#!/usr/bin/env bash
# Makes the clips of the demo out of two of its pictures, by a slow zoom. Needs Go, and ffmpeg with libx264.
set -euo pipefail
cd "$(dirname "$0")"
clips=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# H.264 in its baseline profile plays everywhere. The index is in front (faststart), so that a clip begins to play before
# it has arrived; nothing tells the encoder, its settings (bitexact, and no SEI units) or the date, and there is one
# thread, so that the same encoder makes the same bytes.
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
