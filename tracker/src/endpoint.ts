/** Where facts go: beside the script, under whatever path and name it is served; `data-tl-base` says otherwise. */
export let endpoint: string
// Not inside, where it would keep the build from doing without the function.
export let script: HTMLScriptElement

export function findEndpoint(): void {
  // Looked for by its address first: Rocket Loader and «delay JS» run scripts without currentScript, or inside another file.
  // Scripts alone, because visitors of a forum may put in pictures and elements with data of their own.
  script = (document.querySelector(`script[data-tl-base],script[src*="/t/${tl_settings.site}.js"]`) ||
    document.currentScript) as HTMLScriptElement
  // Throws, and so keeps us still, where there is no such address: in a page that has the code written into it.
  endpoint = `${(script.dataset.tlBase || new URL('.', script.src).href).replace(/(\/t)?\/$/, '')}/v1/`
}
