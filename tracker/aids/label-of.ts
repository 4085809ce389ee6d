import { guard } from '../src/guard.ts'

/** How a developer finds an element again. */
export const labelOf = (element: Element | null): string =>
  guard(() => {
    if (!element) return ''
    const id = element.getAttribute('id')
    const [name] = (element.getAttribute('class') || '').trim().split(/\s+/)
    return `<${element.tagName.toLowerCase()}${id ? ` id="${id}"` : ''}${!id && name ? ` class="${name}"` : ''}>`
  })() || ''
