import { basename } from 'node:path'

/** What the file of consumers may be called, the first one first; it lies in the folder of the documents itself. */
export const CONSUMERS_FILES = ['consumers.yaml', 'consumers.yml', 'consumers.json'] as const

/** Whether a file that is no API document may be the file of consumers. */
export const isConsumersFile = (file: string): boolean => CONSUMERS_FILES.some((name) => name === basename(file))
