import { OutboundError, type OutboundErrorCode } from './outbound.ts'

const TLS_CODES =
  /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH|CRL_)/

/**
 * What went wrong, in our words. The original error is not kept as the cause: it carries the request, with its
 * credentials and body.
 */
export function outboundFailure(error: unknown): OutboundError {
  if (error instanceof OutboundError) return error
  if (!(error instanceof Error)) return new OutboundError('connection', 'the call failed')
  if (error.cause instanceof OutboundError) return error.cause
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return new OutboundError(kindOf(code), `${describe[kindOf(code)]}${code === '' ? '' : ` (${code})`}`)
}

function kindOf(code: string): OutboundErrorCode {
  if (code === 'ETIMEDOUT') return 'timeout'
  if (TLS_CODES.test(code)) return 'tls'
  if (code === 'ERR_INVALID_URL') return 'bad_url'
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'unresolvable' : 'connection'
}

const describe: Readonly<Record<OutboundErrorCode, string>> = {
  timeout: 'no answer in time',
  tls: 'the TLS handshake failed',
  unresolvable: 'the host cannot be resolved',
  connection: 'the connection failed',
  bad_url: 'the URL cannot be called',
  refused_address: 'the address must not be called',
}
