// Makes the renditions of all pictures of a folder with sharp:
//
//   node sharp.mjs NODE_MODULES PICTURES OUT WIDTHS QUALITY AT_ONCE WAY
//
// The ways: "each" is a pipeline from the file for each size, as sharp's documentation has it. "once" decodes a file
// once, and makes all sizes from the pixels of the largest; they are in memory together, but it is faster. "enlarge" is
// each, but does not leave out what is wider than the picture.
//
// So many pictures are worked on at once, each by one thread: more threads for each are no faster.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [modules, pictures, out, widths, quality, atOnce, way] = process.argv.slice(2);
const sharp = createRequire(path.join(modules, '/'))('sharp');
sharp.concurrency(1);
sharp.cache(false); // no picture comes twice

fs.mkdirSync(out, { recursive: true });
const files = fs.readdirSync(pictures).filter((name) => /\.(jpe?g|png)$/i.test(name));

const upright = (file) => sharp(file).rotate(); // as the camera says

async function make(name) {
  const file = path.join(pictures, name);
  let sizes = widths.split(',').map(Number).sort((a, b) => b - a);
  if (way !== 'enlarge') {
    // Like firstframe: a picture's own width takes the place of the first one above it.
    const { width } = await sharp(file).metadata();
    sizes = [...new Set(sizes.map((size) => Math.min(size, width)))];
  }
  let source = () => upright(file);
  if (way === 'once') {
    const { data, info } = await upright(file).resize(sizes[0]).raw().toBuffer({ resolveWithObject: true });
    source = () => sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
  }
  for (const size of sizes) {
    await source()
      .resize(size)
      .jpeg({ quality: Number(quality) })
      .toFile(path.join(out, `${name}-${size}.jpg`));
  }
}

async function work() {
  for (let name; (name = files.pop()); ) await make(name);
}
await Promise.all(Array.from({ length: Number(atOnce) }, work));
