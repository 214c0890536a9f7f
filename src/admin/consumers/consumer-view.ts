import type { Instant } from '../../core/clock.ts'
import type { ConsumerRecord } from '../../oauth/records/consumer.ts'

/** A consumer as the admin API shows it. */
export function consumerView(consumer: ConsumerRecord) {
  return {
    id: consumer.id,
    username: consumer.username ?? null,
    custom_id: consumer.customId ?? null,
    tags: consumer.tags.length === 0 ? null : consumer.tags,
    created_at: epochSeconds(consumer.createdAt),
    updated_at: epochSeconds(consumer.updatedAt),
  }
}

export const epochSeconds = (at: Instant): number => Math.floor(at / 1000)
