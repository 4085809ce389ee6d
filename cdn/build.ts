import { join } from 'node:path'
import { build } from 'esbuild'

/** The tracker for all sites, minified, from the sources below `root`. A bundle of this file has to say where they are. */
export async function buildTracker({ root = join(import.meta.dirname, '..') } = {}): Promise<string> {
  const tracker = join(root, 'tracker')
  const { outputFiles } = await build({
    entryPoints: [join(tracker, 'src/main.ts')],
    tsconfig: join(tracker, 'tsconfig.json'),
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2017',
    charset: 'utf8',
    legalComments: 'none',
  })
  const [output] = outputFiles
  if (!output) throw new Error('esbuild left no tracker.')
  return output.text.trim()
}
