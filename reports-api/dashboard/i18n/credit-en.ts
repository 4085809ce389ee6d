/** Who is credited with one request or deal. */
export const creditEn = {
  'credit.show': 'Who is credited?',
  'credit.hide': 'Hide the credit',
  'credit.path': 'Path to {id}',
  'credit.call': 'Call to a number of its own',
} as const
