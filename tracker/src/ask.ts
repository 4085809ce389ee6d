import { script } from './endpoint.ts'

/** Methods of elements that take a selector. */
type Method = 'closest' | 'matches'

/**
 * Asks an element with a method of another: in a form, a field hides the form's own method of the same name, and elements
 * of the page's making may have some that throw.
 */
export const ask = <Name extends Method>(element: Element, method: Name, selector: string): ReturnType<Element[Name]> =>
  (script[method] as (selector: string) => unknown).call(element, selector) as ReturnType<Element[Name]>
