/** Files beside the documents that hold policies of clients, and no document. */
export const POLICY_FILES: readonly string[] = ['policies.yaml', 'policies.yml', 'policies.json']
