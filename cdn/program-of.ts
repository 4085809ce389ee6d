import type { Program } from './packing-order.ts'

/** What of terser's tree is looked at here; its own types leave that out. */
export interface Node {
  TYPE: string
  print_to_string(): string
  /** Of a statement that declares variables. */
  definitions?: readonly Node[]
  /** Of a variable or a property: what it is at first. */
  value?: Node | null
  /** Of a function that is declared a symbol, of a mention the word itself. */
  name?: string | { name: string }
  /** Of a property: its name, or what that is worked out of. */
  key?: string | Node
  /** What is called, or what an operator stands before. */
  expression?: Node
  args?: readonly Node[]
  properties?: readonly Node[]
  elements?: readonly Node[]
  _annotations?: number
}

const PURE = 1
const CONSTANTS = new Set(['Arrow', 'Function', 'String', 'Number', 'True', 'False', 'RegExp'])

/** Takes a script apart by what may change places. Only variables that come before all other statements may. */
export function programOf(statements: readonly Node[]): Program {
  const functions = statements.filter(({ TYPE }) => TYPE === 'Defun')
  const others = statements.filter(({ TYPE }) => TYPE !== 'Defun')
  const names = new Set(functions.map(({ name }) => (name as { name: string }).name))
  const first = others.findIndex(({ TYPE }) => TYPE !== 'Var')
  const last = first < 0 ? others.length : first
  const variables = others.slice(0, last).flatMap(({ definitions = [] }) => definitions)
  const print = (nodes: readonly Node[]) => nodes.map((node) => node.print_to_string())
  return {
    functions: print(functions),
    free: print(variables.filter(({ value }) => isFree(value, names))),
    bound: print(variables.filter(({ value }) => !isFree(value, names))),
    rest: print(others.slice(last)),
  }
}

/** Whether a value is the same whenever it is worked out, and nothing else is by that. */
function isFree(node: Node | null | undefined, functions: ReadonlySet<string>): boolean {
  if (!node || CONSTANTS.has(node.TYPE)) return true
  const areFree = (nodes: readonly (Node | null | undefined)[] = []) => nodes.every((each) => isFree(each, functions))
  switch (node.TYPE) {
    case 'SymbolRef':
      return functions.has(node.name as string)
    case 'UnaryPrefix':
      return node.expression?.TYPE === 'Number'
    case 'Array':
      return areFree(node.elements)
    case 'Object':
      return areFree(node.properties)
    case 'ConciseMethod':
      return (node.key as Node).TYPE === 'SymbolMethod'
    case 'ObjectKeyVal':
      return typeof node.key === 'string' && areFree([node.value])
    // Of a function that is marked as one without side effects; what is called on the spot of what that made has the same mark.
    case 'Call':
      return (
        ((node._annotations ?? 0) & PURE) === PURE &&
        node.expression?.TYPE === 'SymbolRef' &&
        areFree([node.expression, ...(node.args ?? [])])
      )
    default:
      return false
  }
}
