import { z } from 'zod'
import type { FieldText } from './field.ts'

/** Names that have a meaning between two hops, or that only the gateway itself may say. */
const RESERVED =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|host|content-length|cookie|forwarded|x-forwarded-.*|traceparent|tracestate|x-request-id|x-consumer-.*|x-authenticated-.*|x-credential-identifier|x-anonymous-consumer|sec-websocket-.*)$/i

/** RFC 9110 §5.1: the name of a header that the gateway sets for the upstream. */
export const headerName = (text: FieldText) =>
  z
    .string()
    .regex(/^[!#$%&'*+.^`|~0-9A-Za-z-]{1,100}$/, 'a header name without underscores')
    .refine((name) => !RESERVED.test(name), 'a header name that nothing else needs')
    .meta({ ...text })
