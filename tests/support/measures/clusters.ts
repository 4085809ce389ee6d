/** One thing, as the truth groups it and as an answer does. Labels mean nothing but who is with whom. */
export interface Judged {
  truth: number
  answer: number
}

export interface Quality {
  precision: number
  recall: number
}

/**
 * Pairwise precision and recall: of the pairs that the answer puts together how many belong together, and of those that
 * belong together how many it puts together. All pairs inside a cluster count, transitive ones too (Barnes, «A
 * Practioner's Guide to Evaluating Entity Resolution Results», arXiv:1509.04238, section 3.1). One without any pair is 1.
 */
export function pairwise(items: Iterable<Judged>): Quality {
  const { cells, truths, answers } = crossTable(items)
  const together = sum(cells.values(), ({ count }) => pairs(count))
  return {
    precision: ratio(together, sum(answers.values(), pairs)),
    recall: ratio(together, sum(truths.values(), pairs)),
  }
}

/**
 * B-cubed precision and recall: for each item the share of its answered cluster that is truly with it, and the share of its
 * true group that the answer has with it, averaged over items (Bagga and Baldwin, «Algorithms for Scoring Coreference
 * Chains», 1998). Big groups weigh by their items here, by their pairs above, so the two may disagree: both are told.
 */
export function bCubed(items: Iterable<Judged>): Quality {
  const { cells, truths, answers, count: total } = crossTable(items)
  const each = [...cells.values()]
  return {
    precision: ratio(
      sum(each, ({ count, answer }) => count ** 2 / (answers.get(answer) as number)),
      total,
    ),
    recall: ratio(
      sum(each, ({ count, truth }) => count ** 2 / (truths.get(truth) as number)),
      total,
    ),
  }
}

/** Answered clusters by how many true groups each mixes, the worst first; those of one group alone are left out. */
export function mixedClusters(items: Iterable<Judged>): { answer: number; groups: number }[] {
  const groups = new Map<number, number>()
  for (const { answer } of crossTable(items).cells.values()) groups.set(answer, (groups.get(answer) ?? 0) + 1)
  return [...groups]
    .filter(([, count]) => count > 1)
    .map(([answer, count]) => ({ answer, groups: count }))
    .toSorted((a, b) => b.groups - a.groups || a.answer - b.answer)
}

interface CrossTable {
  count: number
  cells: Map<string, Judged & { count: number }>
  truths: Map<number, number>
  answers: Map<number, number>
}

function crossTable(items: Iterable<Judged>): CrossTable {
  const table: CrossTable = { count: 0, cells: new Map(), truths: new Map(), answers: new Map() }
  for (const { truth, answer } of items) {
    table.count += 1
    const key = `${truth} ${answer}`
    const cell = table.cells.get(key)
    if (cell) cell.count += 1
    else table.cells.set(key, { truth, answer, count: 1 })
    table.truths.set(truth, (table.truths.get(truth) ?? 0) + 1)
    table.answers.set(answer, (table.answers.get(answer) ?? 0) + 1)
  }
  return table
}

function pairs(count: number): number {
  return (count * (count - 1)) / 2
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole
}

function sum<Value>(values: Iterable<Value>, of: (value: Value) => number): number {
  let total = 0
  for (const value of values) total += of(value)
  return total
}
