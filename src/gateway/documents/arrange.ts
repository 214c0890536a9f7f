import type { Api } from '../../api/api.ts'
import { placesOf } from '../snapshot.ts'

/** What a document asks for. */
export interface Wish {
  readonly file: string
  /** What it served up to now. */
  readonly serving?: Api
  /** What it would serve from now on: the same object when nothing is new, or when what is new cannot be served. */
  readonly wanted?: Api
}

/** Why a document does not get what it asked for. */
export interface Refusal {
  readonly by: { readonly file: string; readonly api: Api }
  readonly over: 'id' | 'place'
}

export interface Arrangement {
  /** By file. */
  readonly served: ReadonlyMap<string, Api>
  readonly refused: ReadonlyMap<string, Refusal>
}

/**
 * Gives every document its place, so that no two APIs share an id or listen on one path of one host. Who was there first
 * stays; of newcomers the one first in `wishes` wins. A refused document goes on with what it served, and that counts as
 * having been there first. Documents may exchange their places in one step.
 */
export function arrange(wishes: readonly Wish[]): Arrangement {
  const fallenBack = new Map<string, Refusal>()
  for (;;) {
    const round = arrangeOnce(wishes, fallenBack)
    const fallen = wishes.find(({ file, serving }) => serving && round.refused.has(file) && !fallenBack.has(file))
    const refusal = fallen && round.refused.get(fallen.file)
    if (!refusal) return round
    // What it served may have been given away in this round: all is arranged anew around it.
    fallenBack.set(fallen.file, refusal)
  }
}

function arrangeOnce(wishes: readonly Wish[], fallenBack: ReadonlyMap<string, Refusal>): Arrangement {
  const served = new Map<string, Api>()
  const refused = new Map(fallenBack)
  const holders: Holders = new Map()
  const isSettled = ({ file, serving, wanted }: Wish): boolean => wanted === serving || refused.has(file)
  for (const wish of wishes) {
    if (wish.serving && isSettled(wish)) take(holders, served, wish.file, wish.serving)
  }
  for (const wish of wishes) {
    if (!wish.wanted || isSettled(wish)) continue
    const refusal = conflictOf(holders, wish.wanted)
    if (refusal) refused.set(wish.file, refusal)
    else take(holders, served, wish.file, wish.wanted)
  }
  return { served, refused }
}

type Holders = Map<string, { readonly file: string; readonly api: Api }>

function take(holders: Holders, served: Map<string, Api>, file: string, api: Api): void {
  served.set(file, api)
  for (const claim of claimsOf(api)) holders.set(claim, { file, api })
}

function conflictOf(holders: Holders, api: Api): Refusal | undefined {
  for (const claim of claimsOf(api)) {
    const by = holders.get(claim)
    if (by) return { by, over: claim.startsWith('id ') ? 'id' : 'place' }
  }
  return undefined
}

/** An inactive API keeps its id, but another one may take its place. */
export const claimsOf = (api: Api): string[] => [
  `id ${api.id}`,
  ...(api.active ? placesOf(api).map((at) => `at ${at}`) : []),
]
