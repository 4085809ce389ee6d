/**
 * Tells what is wrong with a query of a BI tool; nothing when it may run. `tree` is what the engine itself makes of the
 * text (EXPLAIN AST, one node a line, indented). Rights keep a reader to the views, with one hole: the embedded engine lets
 * everybody read any file with the function `file`. So only kinds of nodes that show all they hold may pass, and no
 * function, and no name that could be taken for one, from the list below.
 */
export function checkBiQuery(tree: string): string | undefined {
  const nodes = readTree(tree)
  if (nodes?.[0]?.kind !== 'SelectWithUnionQuery' || nodes.length === 1) return 'anything but a SELECT'
  for (const { kind, name, parent, children, declared } of nodes) {
    if (!kinds.has(kind)) return `a statement with ${kind}`
    if (children !== declared) return 'a statement that cannot be read'
    if ((kind === 'Function' || kind === 'Identifier') && closed.has(name)) return `the function ${name}`
    if (kind === 'Function' && parent === 'TableExpression' && name !== 'numbers') return `the table function ${name}`
  }
  return undefined
}

interface Node {
  kind: string
  name: string
  parent: string | undefined
  /** How many children follow, and how many it says it has. */
  children: number
  declared: number
}

function readTree(tree: string): Node[] | undefined {
  const nodes: Node[] = []
  const path: Node[] = []
  for (const line of tree.replace(/\n$/, '').split('\n')) {
    const [, indent, kind, name = ''] = /^( *)(\S+)(?: (\S+))?/.exec(line) ?? []
    if (indent === undefined || kind === undefined || indent.length > path.length) return undefined
    path.length = indent.length
    const parent = path.at(-1)
    if (parent) parent.children++
    const declared = Number(/ \(children (\d+)\)$/.exec(line)?.[1] ?? 0)
    const node = { kind, name, parent: parent?.kind, children: 0, declared }
    nodes.push(node)
    path.push(node)
  }
  return nodes
}

/** Short questions for names that BI tools ask and that hold no expression. */
export function isMetadataQuery(sql: string): boolean {
  return metadataQuery.test(sql)
}

const identifier = '(?:\\w+|`[^`\\\\]+`|"[^"\\\\]+")(?:\\.(?:\\w+|`[^`\\\\]+`|"[^"\\\\]+"))?'
const metadataQuery = new RegExp(
  `^\\s*(?:${[
    'SHOW\\s+DATABASES',
    `SHOW\\s+TABLES(?:\\s+(?:FROM|IN)\\s+${identifier})?(?:\\s+LIKE\\s+'[^'\\\\]*')?`,
    `SHOW\\s+COLUMNS\\s+(?:FROM|IN)\\s+${identifier}`,
    `SHOW\\s+CREATE\\s+(?:TABLE\\s+|VIEW\\s+)?${identifier}`,
    `(?:DESCRIBE|DESC)\\s+(?:TABLE\\s+)?${identifier}`,
    `EXISTS\\s+(?:TABLE\\s+|VIEW\\s+)?${identifier}`,
  ].join('|')})(?:\\s+FORMAT\\s+\\w+)?\\s*;?\\s*$`,
  'i',
)

const kinds: ReadonlySet<string> = new Set([
  'ArrayJoin',
  'Asterisk',
  'ExpressionList',
  'Function',
  'Identifier',
  'Literal',
  'OrderByElement',
  'QualifiedAsterisk',
  'SelectIntersectExceptQuery',
  'SelectQuery',
  'SelectWithUnionQuery',
  'Set',
  'Subquery',
  'TableExpression',
  'TableIdentifier',
  'TableJoin',
  'TablesInSelectQuery',
  'TablesInSelectQueryElement',
  'WindowDefinition',
  'WindowListElement',
  'WithElement',
])

const closed: ReadonlySet<string> = new Set(['file', 'catboostEvaluate', 'getServerSetting', 'showCertificate'])
