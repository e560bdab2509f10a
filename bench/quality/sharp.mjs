// Encodes a picture with sharp, in some qualities:
//
//   node sharp.mjs NODE_MODULES FORMAT OPTIONS IN QUALITY OUT [QUALITY OUT]...
//
// OPTIONS is JSON, as sharp's documentation has it for the format. For each file, the script prints
// the processor time of encoding, in seconds.
import { createRequire } from 'node:module';
import path from 'node:path';

const [modules, format, options, from, ...rest] = process.argv.slice(2);
const sharp = createRequire(path.join(modules, '/'))('sharp');
sharp.concurrency(1);
const { data, info: raw } = await sharp(from).removeAlpha().raw().toBuffer({ resolveWithObject: true });
for (let i = 0; i < rest.length; i += 2) {
  const begin = process.cpuUsage();
  const all = { ...JSON.parse(options), quality: Number(rest[i]) };
  await sharp(data, { raw }).toFormat(format, all).toFile(rest[i + 1]);
  const { user, system } = process.cpuUsage(begin);
  console.log((user + system) / 1e6);
}
