/** RFC 9110 §9.2.2: methods whose requests may be sent twice and mean the same as once. */
export const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY'])
