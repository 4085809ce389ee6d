/** What is told of one request: who is credited, and under which other ids it came. */
export const creditEn = {
  'credit.show': 'Who is credited?',
  'credit.hide': 'Hide the credit',
  'credit.path': 'Path to {id}',
  'credit.call': 'Call to a number of its own',
  'judgement.same': 'It is {id}: both name {by}, {apart} apart.',
  'same_rule.message_of_form': 'A message about this form came under another id.',
  'same_rule.resent_form': 'The form was sent once more.',
  'same_rule.resent_message': 'The request was told once more.',
} as const
