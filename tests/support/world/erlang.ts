/**
 * How many numbers a pool needs so that at most this share of visitors finds it empty (Erlang's loss formula, by its usual
 * recursion). The load is in erlangs: visitors a second times the seconds each keeps a number.
 */
export function numbersNeeded(load_erlangs: number, loss_max: number): number {
  let loss = 1
  let numbers = 0
  while (loss > loss_max) {
    numbers += 1
    loss = (load_erlangs * loss) / (numbers + load_erlangs * loss)
  }
  return numbers
}
