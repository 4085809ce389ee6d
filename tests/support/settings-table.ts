import { Config } from '#cli/config.ts'

/** The README's table of settings, made from the schema, so that neither can say what the other does not. */
export function settingsTable(): string {
  const rows = Object.entries(Config.shape).map(([name, schema]) => {
    const parsed = schema.safeParse(undefined)
    const fallback = parsed.success ? parsed.data : undefined
    const shown = fallback === undefined || (Array.isArray(fallback) && fallback.length === 0) ? '' : `\`${fallback}\``
    return `| \`${name}\` | ${shown} | ${schema.description} |`
  })
  return ['| setting | default | what it is |', '| --- | --- | --- |', ...rows].join('\n')
}
