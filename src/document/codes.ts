import type { Severity } from '../core/diagnostic.ts'

/** What a code stands for, whatever its message says in a case. */
export interface CodeMeaning {
  readonly severity: Severity
  readonly meaning: string
}

/**
 * Every diagnostic there is. Groups: GW1xxx files, references and secrets; GW2xxx the extension; GW3xxx OAuth and
 * security; GW4xxx routing; GW5xxx validity as OpenAPI; GW6xxx what is lost or not supported.
 */
export const DIAGNOSTIC_CODES = {
  GW1101: { severity: 'error', meaning: 'the file cannot be read, is not UTF-8 or is too large' },
  GW1102: { severity: 'error', meaning: 'the text is neither JSON nor YAML' },
  GW1103: { severity: 'hint', meaning: 'JSON with comments or trailing commas, which other tools refuse' },
  GW1104: { severity: 'error', meaning: 'a key stands twice in one object, so that readers disagree on its value' },
  GW1105: { severity: 'error', meaning: 'the document is nested too deeply or expands to too many values' },
  GW1106: { severity: 'warning', meaning: 'the YAML reader remarks on the text' },
  GW1201: { severity: 'error', meaning: 'a `$ref` leads to another server; remote references are not followed' },
  GW1202: { severity: 'error', meaning: 'a `$ref` leads out of the folder of the document' },
  GW1203: { severity: 'error', meaning: 'the file that a `$ref` names cannot be read' },
  GW1204: { severity: 'error', meaning: 'a `$ref` names something that does not exist' },
  GW1205: { severity: 'error', meaning: 'a chain of `$ref`s leads back to itself, or is too long' },
  GW1206: { severity: 'error', meaning: 'the `$ref`s of a document need too many files or too much text' },
  GW1207: { severity: 'warning', meaning: 'a `$ref` of a schema, example or description cannot be followed' },
  GW1301: { severity: 'error', meaning: 'an `env:` or `file:` reference leads to nothing' },
  GW1302: { severity: 'warning', meaning: 'a secret stands literally in the document' },
  GW1901: { severity: 'error', meaning: 'a defect of the gateway: the document could not be compiled' },
  GW2101: { severity: 'error', meaning: 'a key of the extension is unknown' },
  GW2102: { severity: 'error', meaning: 'a value of the extension has the wrong type or form' },
  GW2103: { severity: 'error', meaning: 'a key that the extension requires is missing' },
  GW2104: { severity: 'error', meaning: 'a key of `middleware.operations` matches no operation' },
  GW2105: {
    severity: 'error',
    meaning: 'two keys of `middleware.operations` name one operation, or one key names two',
  },
  GW2106: { severity: 'error', meaning: 'a scheme is configured that the document does not declare' },
  GW2107: { severity: 'error', meaning: 'a rewritten URL uses a path parameter that is not there' },
  GW2110: {
    severity: 'warning',
    meaning: 'policies of operations that the document no longer has are kept, but have no effect',
  },
  GW3001: { severity: 'error', meaning: 'a security requirement names a scheme that is not declared' },
  GW3002: { severity: 'warning', meaning: 'a security requirement names a scope that no flow declares' },
  GW3003: { severity: 'error', meaning: 'a security requirement or a security scheme is malformed' },
  GW3101: { severity: 'error', meaning: 'authentication is on, but nothing could ever authenticate' },
  GW3102: { severity: 'warning', meaning: 'the gateway cannot check a scheme: operations that need it answer 501' },
  GW3103: { severity: 'warning', meaning: 'a required scheme is not enabled: operations that need it answer 501' },
  GW3104: { severity: 'warning', meaning: 'security is declared, but authentication is off: everyone may call' },
  GW3105: {
    severity: 'warning',
    meaning: 'authentication is on, but the root security is `[]`: what it covers is public',
  },
  GW3201: { severity: 'error', meaning: 'an OAuth URL lands on the listen path itself' },
  GW3202: { severity: 'error', meaning: 'an OAuth URL has a query, a fragment, dot segments or encoded slashes' },
  GW3203: { severity: 'error', meaning: 'an OAuth flow lacks a URL that its grant needs' },
  GW3204: { severity: 'info', meaning: 'an OAuth endpoint shadows a declared operation' },
  GW3205: { severity: 'info', meaning: 'an endpoint beside the token URL gives way to a declared operation' },
  GW3206: { severity: 'error', meaning: '`mode: issuer` for URLs of another server' },
  GW3207: { severity: 'warning', meaning: 'a flow of an issuer scheme leads to another server and is not offered' },
  GW3301: { severity: 'error', meaning: '`code` is allowed, but there is no login page to send the browser to' },
  GW3302: { severity: 'warning', meaning: '`token` is allowed, but no implicit flow is declared' },
  GW3303: {
    severity: 'warning',
    meaning: 'a URL that carries tokens, codes or passwords is plain HTTP to another host',
  },
  GW3304: { severity: 'warning', meaning: 'a URL still holds a placeholder of the tutorial it came from' },
  GW3305: { severity: 'warning', meaning: 'notifications are sent unsigned, because no shared secret is set' },
  GW3306: { severity: 'warning', meaning: 'refresh tokens are on, but no flow of the scheme can issue one' },
  GW3307: { severity: 'warning', meaning: 'the implicit grant is on: tokens travel through the browser' },
  GW3308: { severity: 'warning', meaning: 'a default scope is not declared by any flow' },
  GW3309: { severity: 'warning', meaning: 'notification settings without a receiver have no effect' },
  GW3310: { severity: 'warning', meaning: 'two API keys of one scheme are the same' },
  GW3311: {
    severity: 'warning',
    meaning: 'settings for tokens of another server stand at a scheme that issues its own',
  },
  GW3312: { severity: 'warning', meaning: 'tokens of another server are accepted whomever they are meant for' },
  GW3401: { severity: 'error', meaning: 'a name or client id of the file of consumers was registered in another way' },
  GW3402: { severity: 'error', meaning: 'a name or client id stands twice in the file of consumers' },
  GW3403: { severity: 'warning', meaning: 'an application of the file of consumers names an API that does not exist' },
  GW4101: { severity: 'error', meaning: 'the listen path is malformed or reserved' },
  GW4102: { severity: 'error', meaning: 'there is no upstream URL to forward to' },
  GW4103: { severity: 'warning', meaning: 'a server URL of a path or operation is not absolute and is ignored' },
  GW4104: { severity: 'info', meaning: 'the first absolute server URL of the document is the upstream' },
  GW4201: { severity: 'warning', meaning: 'two path templates match the same paths; some methods are never reached' },
  GW4202: { severity: 'info', meaning: 'two path templates match some of the same paths; the first one answers' },
  GW4203: { severity: 'warning', meaning: 'a path key does not begin with "/"; it is served as if it did' },
  GW4204: { severity: 'info', meaning: 'a query or fragment in a path key is ignored' },
  GW4205: { severity: 'info', meaning: 'two path templates match the same paths; their methods are merged' },
  GW4301: { severity: 'error', meaning: 'two APIs listen on one path of one host, or share one id' },
  GW5001: { severity: 'error', meaning: 'the file is not an OpenAPI document' },
  GW5002: { severity: 'error', meaning: 'the OpenAPI version is not supported' },
  GW5003: { severity: 'info', meaning: 'a file is no OpenAPI document, no document refers to it, and it is ignored' },
  GW5101: { severity: 'error', meaning: 'a part that the gateway needs is not valid OpenAPI' },
  GW5102: { severity: 'warning', meaning: 'a part is not valid OpenAPI; serving goes on without it' },
  GW5103: { severity: 'info', meaning: 'more of the same kind than are listed' },
  GW5201: { severity: 'warning', meaning: 'an operationId stands twice; the later operation goes by method and path' },
  GW5202: { severity: 'warning', meaning: 'a parameter of the path template is not declared' },
  GW5203: { severity: 'warning', meaning: 'a declared path parameter does not occur in the path template' },
  GW6001: { severity: 'info', meaning: 'a Swagger 2.0 document was converted to OpenAPI 3.0' },
  GW6002: { severity: 'warning', meaning: 'a part of a Swagger 2.0 document has no counterpart in OpenAPI 3.0' },
  GW6101: { severity: 'info', meaning: 'a part of OpenAPI 3.2 that the gateway does not serve' },
  GW6201: { severity: 'warning', meaning: 'an imported security scheme does not work until something is added' },
  GW6202: { severity: 'error', meaning: 'an import cannot do what it was asked for' },
} as const satisfies Record<string, CodeMeaning>

export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES
