/** Runs tasks one after the other, in the order in which they were handed in; the failure of one does not concern the next. */
export function oneAtATime(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const mine = last.then(task)
    last = mine.catch(() => undefined) // told to whoever asked for it
    return mine
  }
}
