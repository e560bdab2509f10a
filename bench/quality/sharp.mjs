// Encodes a picture with sharp:
//
//   node sharp.mjs NODE_MODULES FORMAT OPTIONS IN OUT
//
// OPTIONS is JSON, as sharp's documentation has it for the format.
import { createRequire } from 'node:module';
import path from 'node:path';

const [modules, format, options, from, to] = process.argv.slice(2);
const sharp = createRequire(path.join(modules, '/'))('sharp');
sharp.concurrency(1);
await sharp(from).toFormat(format, JSON.parse(options)).toFile(to);
