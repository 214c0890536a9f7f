import { pino } from 'pino'

/** Where log lines go; `pino` writes to it. */
export type LogOutput = ReturnType<typeof pino.destination>

/** Bytes of lines that wait for being written; a disk that stays full must not fill the memory as well. */
const WAITING = 16 * 1024 * 1024

/**
 * Writes lines to the file descriptor without making anybody wait; what is still there when the process ends is written then.
 * Lines that cannot be written (a full disk) wait for the next one that can, up to 16 MiB; beyond that they are lost. `tell`
 * is called once when lines cannot be written any more, and once when they can again. No such failure ends the process.
 */
export function logOutput(fd: number, tell: (text: string) => void): LogOutput {
  const output = pino.destination({ dest: fd, sync: false, maxLength: WAITING })
  let failing = false
  let lost = 0
  output.on('error', (error: Error) => {
    if (!failing) tell(`the log cannot be written, and the gateway goes on: ${error.message}\n`)
    failing = true
  })
  output.on('drop', () => {
    lost++
  })
  output.on('drain', () => {
    if (failing || lost > 0) tell(`the log is written again; ${lost} lines were lost\n`)
    failing = false
    lost = 0
  })
  const flush = output.flushSync.bind(output)
  output.flushSync = () => {
    if (!failing) flush() // it would try for ever, and the process would never end
  }
  return output
}
