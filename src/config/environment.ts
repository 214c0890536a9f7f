/** The variable of this process's environment, or undefined: what `env:NAME` in a document stands for. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name]
}
