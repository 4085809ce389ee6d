import { settings } from './settings.ts'

/** Where facts go: beside the script, under whatever path it is served; `data-tl-base` says otherwise. */
export function findEndpoint(): string {
  // Looked for by its address first: Rocket Loader and «delay JS» run scripts without currentScript, or inside another file.
  const script = (document.querySelector(`script[data-tl-base],script[src*="/t/${settings.site}.js"]`) ||
    document.currentScript) as HTMLScriptElement
  return new URL(`${script.dataset.tlBase || '..'}/v1/`, script.src || location.href).href
}
