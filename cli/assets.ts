import { join } from 'node:path'

/** Where files read at run time are. `cli/` and `dist/` both stand one below the package, so one rule serves both. */
const root = join(import.meta.dirname, '..')

export const assets = {
  migrations: join(root, 'storage/migrations'),
  engineChild: join(root, 'storage/engine/child.mjs'),
  trackers: join(root, 'dist/trackers.json'),
  declarations: join(root, 'dist/throughline.d.ts'),
  dashboard: join(root, 'dist/dashboard'),
  demoAssets: join(root, 'demo/assets'),
  packageFile: join(root, 'package.json'),
}
