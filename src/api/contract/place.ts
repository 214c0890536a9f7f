/** Places of a document, for those who may not read documents themselves. */
export { childOf, entriesOf, isObject, itemsOf, type JsonObject, type Node, rootOf } from '../../document/node.ts'
