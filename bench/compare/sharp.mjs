// Makes the renditions of all pictures in a folder with sharp:
//
//   node sharp.mjs NODE_MODULES PICTURES OUT WIDTHS QUALITY AT_ONCE WAY [AVIF_QUALITY]
//
// WAY is one of these:
//
// - "each" runs a pipeline from the file for each size, as sharp's documentation shows it.
// - "once" decodes a file once and makes all sizes from the pixels of the largest. That is faster,
//   but it keeps the pixels in memory.
// - "enlarge" is like "each", but also makes the sizes that are wider than the picture.
//
// With AVIF_QUALITY, it makes an AVIF in each width, and a JPEG only in the smallest width from
// 600 on, as firstframe does. At the end, it prints how many million pixels all files have together.
//
// AT_ONCE is the number of pictures to work on at once. Each uses one thread, because more threads
// are no faster.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [modules, pictures, out, widths, quality, atOnce, way, avifQuality] = process.argv.slice(2);
const sharp = createRequire(path.join(modules, '/'))('sharp');
sharp.concurrency(1);
sharp.cache(false); // no picture comes twice

fs.mkdirSync(out, { recursive: true });
const files = fs.readdirSync(pictures).filter((name) => /\.(jpe?g|png)$/i.test(name));

const upright = (file) => sharp(file).rotate(); // by the camera's orientation

let pixels = 0;

async function make(name) {
  const file = path.join(pictures, name);
  let sizes = widths.split(',').map(Number).sort((a, b) => b - a);
  if (way !== 'enlarge') {
    // Like firstframe: a picture that is narrower than 4:3 gets narrower renditions, and a picture's
    // own width replaces the first width above it.
    const { width, height } = await sharp(file).metadata();
    const narrow = Math.min(1, width / height / (4 / 3));
    const shaped = sizes.map((size, i) => Math.round(size * (i ? narrow : Math.sqrt(narrow))));
    sizes = [...new Set(shaped.map((size) => Math.min(size, width)))];
  }
  const fallback = sizes.findLast((size) => size >= 600) ?? sizes[0]; // the largest comes first
  let source = () => upright(file);
  if (way === 'once') {
    const { data, info } = await upright(file).resize(sizes[0]).raw().toBuffer({ resolveWithObject: true });
    source = () => sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
  }
  for (const size of sizes) {
    const save = async (image, extension) => {
      const made = await image.toFile(path.join(out, `${name}-${size}.${extension}`));
      pixels += made.width * made.height;
    };
    if (avifQuality) {
      const options = { quality: Number(avifQuality), effort: 4, chromaSubsampling: '4:2:0' };
      await save(source().resize(size).avif(options), 'avif');
    }
    if (!avifQuality || size === fallback) {
      await save(source().resize(size).jpeg({ quality: Number(quality) }), 'jpg');
    }
  }
}

async function work() {
  for (let name; (name = files.pop()); ) await make(name);
}
await Promise.all(Array.from({ length: Number(atOnce) }, work));
console.log(pixels / 1e6);
