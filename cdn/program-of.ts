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
  name?: string | (Node & { name: string })
  /** Of a function: what it is given, and what it does. */
  argnames?: readonly Node[]
  body?: readonly Node[]
  /** Of a property: its name, or what that is worked out of. */
  key?: string | Node
  /** What is called, or what an operator stands before. */
  expression?: Node
  args?: readonly Node[]
  properties?: readonly Node[]
  elements?: readonly Node[]
  _annotations?: number
}

/** A script in terser's tree. */
export interface Script {
  body: readonly Node[]
  /** What it declares for all of itself, in the order of declaration; each with the short name it was given. */
  variables: ReadonlyMap<string, { mangled_name?: string }>
}

const PURE = 1
const CONSTANTS = new Set(['Arrow', 'Function', 'String', 'Number', 'True', 'False', 'RegExp'])

/**
 * Takes a script apart by what may change places. Only variables that come before all other statements may. Functions are
 * made variables, which are shorter; but those that a variable's first value mentions have to come before it.
 */
export function programOf(statements: readonly Node[]): Program {
  const functions = statements.filter(({ TYPE }) => TYPE === 'Defun')
  const others = statements.filter(({ TYPE }) => TYPE !== 'Defun')
  const nameOf = ({ name }: Node) => (name as { name: string }).name
  const names = new Set(functions.map(nameOf))
  const first = others.findIndex(({ TYPE }) => TYPE !== 'Var')
  const last = first < 0 ? others.length : first
  const variables = others.slice(0, last).flatMap(({ definitions = [] }) => definitions)
  const mentioned = new Set<string>()
  const free = variables.filter(({ value }) => isFree(value, names, mentioned))
  const isDeclared = (node: Node) => OWN_THIS.test(node.print_to_string())
  const isFirst = (node: Node) => mentioned.has(nameOf(node))
  const written = functions.filter((node) => !isDeclared(node))
  const print = (nodes: readonly Node[]) => nodes.map((node) => node.print_to_string())
  return {
    functions: print(functions.filter(isDeclared)),
    first: written.filter(isFirst).map(printAsVariable),
    free: [...written.filter((node) => !isFirst(node)).map(printAsVariable), ...print(free)],
    bound: print(variables.filter((node) => !free.includes(node))),
    rest: print(others.slice(last)),
  }
}

// Also where it only stands in a text: then the function stays what it is.
const OWN_THIS = /\b(this|arguments|new\.target)\b|^(async|function\*)/

/** `function f(x){return 1}` as `f=x=>1`. */
function printAsVariable(node: Node): string {
  const { name, argnames = [], body: [only] = [] } = node
  const given = argnames.map((each) => each.print_to_string()).join(',')
  const head = `${(name as Node).print_to_string()}=${/^\w+$/.test(given) ? given : `(${given})`}=>`
  const isAnswer = node.body?.length === 1 && only?.TYPE === 'Return' && only.value
  if (!isAnswer)
    return (
      head +
      node
        .print_to_string()
        .replace(/^function \w+/, '')
        .slice(given.length + 2)
    )
  const answer = isAnswer.print_to_string()
  return head + (isAnswer.TYPE === 'Sequence' || answer.startsWith('{') ? `(${answer})` : answer)
}

/** Whether a value is the same whenever it is worked out, and nothing else is by that. Notes the functions that it mentions. */
function isFree(node: Node | null | undefined, functions: ReadonlySet<string>, mentioned: Set<string>): boolean {
  if (!node || CONSTANTS.has(node.TYPE)) return true
  const areFree = (nodes: readonly (Node | null | undefined)[] = []) =>
    nodes.every((each) => isFree(each, functions, mentioned))
  switch (node.TYPE) {
    case 'SymbolRef':
      mentioned.add(node.name as string)
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
