import type { z } from 'zod'

/**
 * What a file of the plugin folder exports as `plugin`: a function of the tools it is given, so that it needs no imports
 * but that of this type, wherever it lies.
 *
 *     import type { PluginModule } from '…/plugin.ts'
 *     export const plugin: PluginModule = ({ z, definePlugin }) => definePlugin({ settings: z.strictObject({…}), … })
 */
export type PluginModule = (kit: PluginKit) => Plugin

export interface PluginKit {
  /** Zod, for the schema of the settings. */
  readonly z: typeof z
  /** Ties the types of settings and handlers together. */
  definePlugin<Schema extends z.ZodType>(plugin: PluginDefinition<Schema>): Plugin
}

/** A policy that a user wrote. The name under which documents ask for it is that of its file. */
export interface PluginDefinition<Schema extends z.ZodType> {
  /** Checks what documents say under its name; titles and descriptions in it are shown by editors. */
  readonly settings: Schema
  /**
   * Called for each request, after the client was authenticated and its limits were counted. What it returns is the answer;
   * when it returns nothing, the request goes on. May be asynchronous, for ten seconds at most.
   */
  request?(request: PluginRequest, settings: z.output<Schema>): PluginResult | Promise<PluginResult>
  /** Called when the head of an answer is about to leave, wherever the answer comes from. Must not wait. */
  response?(response: PluginResponse, settings: z.output<Schema>): void
}

/** A definition whose types are forgotten: the settings are checked before a handler sees them. */
export interface Plugin {
  readonly settings: z.ZodType
  readonly request?: (request: PluginRequest, settings: never) => PluginResult | Promise<PluginResult>
  readonly response?: (response: PluginResponse, settings: never) => void
}

// biome-ignore lint/suspicious/noConfusingVoidType: a handler without `return` is the most usual one
export type PluginResult = PluginAnswer | undefined | void

/** An answer that a plugin gives itself. */
export interface PluginAnswer {
  /** 200 to 599. */
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown
}

/** A request on its way upstream. */
export interface PluginRequest {
  readonly id: string
  readonly method: string
  /** As the client sent it, below the listen path, percent-encoded. */
  readonly path: string
  /** With its question mark; empty when there is none. */
  readonly query: string
  /** Values of the path's parameters. */
  readonly parameters: Readonly<Record<string, string>>
  /** Ids of the API and of its operation. */
  readonly api: string
  readonly operation: string
  /** Who calls, as far as that is known. */
  readonly client: string | undefined
  readonly user: string | undefined
  readonly scopes: readonly string[]
  /** Of the client, its policies and the token. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** The first value of a header that goes upstream. */
  header(name: string): string | undefined
  /** Replaces a header that goes upstream. Those that say who calls, and those of the connection, cannot be changed. */
  setHeader(name: string, value: string): void
  removeHeader(name: string): void
}

/** The head of an answer on its way to the client. */
export interface PluginResponse {
  readonly status: number
  header(name: string): string | undefined
  setHeader(name: string, value: string): void
  removeHeader(name: string): void
  readonly request: PluginRequest
}
