/** Texts of the comparison of models and of the page of matrices, in English. */
export const crossEn = {
  'app.nav.cross': 'Cross-sales',

  'report.vs': 'Compare with',
  'report.vs.none': 'nothing',
  'report.vs.difference': 'Difference',
  'report.vs.credit': 'Compared with: {description}.',
  'report.terms': 'Settings of attribution',
  'report.terms.lookback': 'Look back, days',
  'report.terms.half_life': 'Credit halves in, days',
  'report.terms.direct': 'Direct visits may get credit',
  'report.terms.apply': 'Apply',

  'role.first': 'first',
  'role.middle': 'middle',
  'role.last': 'last',
  'role.lead': 'lead',
  'role.deal': 'deal',
  'role.rest': 'rest',

  'cross.title': 'Cross-sales',
  'cross.kind': 'What to show',
  'cross.kind.associated': 'Who assisted',
  'cross.kind.cannibalisation': 'Cannibalisation',
  'cross.metric': 'Count',
  'cross.by': 'By',

  'cross.assists.title': 'Who took part',
  'cross.assists.text':
    'Everything a channel took part in is what it is credited with and what it assisted in: conversions whose credit went to others.',
  'cross.assists.caption': 'Part in conversions by {dimension}, {dates}',
  'cross.assists.took_part': 'Took part',
  'cross.assists.credited': 'Credited',
  'cross.assists.assisted': 'Assisted',
  'cross.assists.first': 'as the first',
  'cross.assists.middle': 'in between',
  'cross.assists.last': 'as the last',
  'cross.assists.ratio': 'Assists per credit',
  'cross.assists.uncredited': 'Not explained by any visit: {value}.',

  'cross.matrix.associated': 'Who assisted whom',
  'cross.matrix.associated.text':
    'A row took part, a column got the credit. On the diagonal is what a row is credited with itself. The percentage is of all the row took part in.',
  'cross.matrix.cannibalisation': 'What they came for, and what they bought',
  'cross.matrix.cannibalisation.text':
    'A row is the project that people first looked at or asked about, a column the one they bought. The percentage is of all who came for the row.',
  'cross.matrix.caption': '{title}: {metric}, {dates}',
  'cross.matrix.corner.associated': 'Took part ↓ · Credited →',
  'cross.matrix.corner.cannibalisation': 'Came for ↓ · Bought →',
  'cross.matrix.total': 'Total',
  'cross.matrix.nobody': 'Not credited',
  'cross.matrix.unknown': '(unknown)',
  'cross.matrix.cell': '{row} → {column}: {value}, {share} of the row. Show the rows',
  'cross.matrix.cut': 'The greatest {rows} of {rows_total} rows are shown; totals count them all.',

  'cross.same': 'Bought what they came for',
  'cross.other': 'Came for another',
  'cross.unknown': 'One of the two is not known',
  'cross.part': '{share} of all',

  'cross.empty.title': 'Nothing to lay out in this period',
  'cross.empty.associated': 'There were no such conversions, or none had a path of visits.',
  'cross.empty.cannibalisation':
    'There were no such deals. Projects are named in the settings of the site (`projects`) and in deals (`project`).',
  'cross.behind': 'Behind the cell',
} as const
