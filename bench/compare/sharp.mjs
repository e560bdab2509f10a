// Makes the renditions of all pictures of a folder with sharp:
//
//   node sharp.mjs NODE_MODULES PICTURES OUT WIDTHS QUALITY AT_ONCE ENLARGE
//
// A pipeline from the file for each size, as sharp's documentation has it: so a JPEG is decoded no larger than needed.
// So many pictures are worked on at once, each by one thread, which is faster than one picture by all threads.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [modules, pictures, out, widths, quality, atOnce, enlarge] = process.argv.slice(2);
const sharp = createRequire(path.join(modules, '/'))('sharp');
sharp.concurrency(1);
sharp.cache(false); // no picture comes twice

fs.mkdirSync(out, { recursive: true });
const files = fs.readdirSync(pictures).filter((name) => /\.(jpe?g|png)$/i.test(name));
async function work() {
  for (let name; (name = files.pop()); ) {
    const file = path.join(pictures, name);
    const own = (await sharp(file).metadata()).width;
    // Like firstframe: a picture's own width takes the place of the first one above it.
    const sizes = enlarge === 'true' ? widths.split(',').map(Number) : [...new Set(widths.split(',').map((w) => Math.min(w, own)))];
    for (const width of sizes) {
      await sharp(file)
        .rotate() // upright, as the camera says
        .resize(width)
        .jpeg({ quality: Number(quality) })
        .toFile(path.join(out, `${name}-${width}.jpg`));
    }
  }
}
await Promise.all(Array.from({ length: Number(atOnce) }, work));
