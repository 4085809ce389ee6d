import { describe, expect, test } from 'vitest'
import { checkBiQuery, isMetadataQuery } from './check-bi-query.ts'

const select = (...lines: string[]) =>
  [
    `SelectWithUnionQuery (children 1)`,
    ` ExpressionList (children 1)`,
    `  SelectQuery (children 1)`,
    `   ExpressionList (children ${lines.filter((line) => !line.startsWith(' ')).length})`,
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n')

describe('a query of a BI tool', () => {
  test.each([
    ['a column', select('Identifier channel')],
    ['a column called like a function that is closed, under another name', select("Literal 'x' (alias file)")],
    [
      'a function',
      select('Function sum (alias total) (children 1)', ' ExpressionList (children 1)', '  Identifier pages'),
    ],
  ])('may ask for %s', (_, tree) => {
    expect(checkBiQuery(tree)).toBeUndefined()
  })

  test.each([
    ['nothing', ''],
    ['another statement', 'DropQuery bi (children 1)\n Identifier bi\n'],
    ['a statement that shows nothing of itself', 'ShowTables\n'],
    [
      'a closed function',
      select('Function file (children 1)', ' ExpressionList (children 1)', "  Literal '/etc/passwd'"),
    ],
    ['a closed function under another name', select('Function file (alias a) (children 1)', ' ExpressionList')],
    ['the name of a closed function', select('Identifier file')],
    ['a parameter in place of a name', select('QueryParameter name:Identifier')],
    ['a node that hides what it holds', select('Asterisk (children 1)', ' ColumnsTransformerList')],
    ['a tree in one line', select('Identifier channel').replaceAll('\n', ' ')],
    ['a tree with a line missing', select('Function sum (children 1)')],
    ['a tree with a line too many', `${select('Identifier a')}    Identifier b\n`],
    [
      'a table function',
      select(
        'Subquery (children 1)',
        ' TableExpression (children 1)',
        '  Function url (children 1)',
        '   ExpressionList',
      ),
    ],
  ])('may not ask for %s', (_, tree) => {
    expect(checkBiQuery(tree)).toEqual(expect.any(String))
  })
})

describe('a question for names', () => {
  test.each([
    'SHOW TABLES',
    'show databases',
    "SHOW TABLES FROM throughline LIKE 'bi%' FORMAT JSON",
    'SHOW COLUMNS FROM `throughline`.`bi_calls`;',
    'DESCRIBE TABLE bi_calls',
    'EXISTS TABLE "bi_calls"',
    'SHOW CREATE VIEW bi_calls',
  ])('is %s', (sql) => {
    expect(isMetadataQuery(sql)).toBe(true)
  })

  test.each([
    "SHOW TABLES WHERE file('/etc/passwd') = ''",
    "DESCRIBE (SELECT file('/etc/passwd'))",
    "DESCRIBE TABLE url('http://127.0.0.1/')",
    "SHOW TABLES LIKE '\\'' WHERE 1",
    'SHOW TABLES; DROP TABLE events',
    'SHOW PROCESSLIST',
    'SHOW GRANTS',
    'SELECT 1',
  ])('is not %s', (sql) => {
    expect(isMetadataQuery(sql)).toBe(false)
  })
})
