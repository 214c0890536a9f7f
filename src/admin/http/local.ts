/** Whether a peer's address is this machine itself. */
export function isLoopback(address: string | undefined): boolean {
  const plain = (address ?? '').replace(/^::ffff:/i, '')
  return plain === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(plain)
}

/**
 * Whether a `Host` names this machine. A browser that was led to a loopback address by a name of somebody else's (DNS
 * rebinding) sends that name.
 */
export function isLocalHost(host: string | undefined, others: readonly string[] = []): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase().replace(/\.$/, '')
  if (name === 'localhost' || name.endsWith('.localhost') || name === '[::1]') return true
  return isLoopback(name) || others.some((other) => other.toLowerCase() === name)
}
