/** Keeps the process alive while nothing else does. Returns what ends that. */
export function keepAlive(): () => void {
  const timer = setInterval(() => undefined, 3_600_000)
  return () => clearInterval(timer)
}
