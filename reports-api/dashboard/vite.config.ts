import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { fixtureApi } from './dev/fixture-api.ts'
import { precompress } from './dev/precompress.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

/** `vite build` makes what the service serves; `vite` proxies to a running service; `vite --mode fixture` plays the API. */
export default defineConfig(({ mode }) => ({
  root: here,
  plugins: [react(), precompress(), ...(mode === 'fixture' ? [fixtureApi()] : [])],
  server: {
    host: '127.0.0.1',
    port: 5180,
    ...(mode !== 'fixture' && { proxy: { '/v1': 'http://127.0.0.1:8080', '/t/': 'http://127.0.0.1:8080' } }),
  },
  build: {
    outDir: '../../dist/dashboard',
    emptyOutDir: true,
    target: 'es2022',
    // Inlined files would become data: addresses, which the page's security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
}))
