import { z } from 'zod'
import { flag, httpUrl, secret } from './field.ts'

/** Token webhooks of an OAuth scheme: where notifications go and how they are signed. */
export const notificationSettings = z
  .strictObject({
    onKeyChangeUrl: httpUrl({
      title: 'Receiver',
      description: 'URL that a signed notification is posted to when a token is issued or refreshed.',
      examples: ['https://app.example.com/hooks/tokens'],
    }).optional(),
    sharedSecret: secret({
      title: 'Signing secret',
      description: 'Key of the HMAC signature. `whsec_…` is base64, any other text is used as its UTF-8 bytes.',
      examples: ['env:TOKEN_WEBHOOK_SECRET'],
    }).optional(),
    sendSharedSecret: flag(false, {
      title: 'Send the secret as well',
      description:
        'Adds `X-Gateway-Shared-Secret` and `X-Tyk-Shared-Secret` for receivers that expect the plain secret.',
    }),
    includeTokens: flag(true, {
      title: 'Include tokens',
      description: 'Whether the body carries the code and the tokens themselves; otherwise it carries their ids.',
    }),
    clientCredentials: flag(false, {
      title: 'Client credentials too',
      description: 'Whether tokens of the client credentials grant are notified as well.',
    }),
  })
  .meta({
    title: 'Token notifications',
    description: 'Signed webhooks that tell a receiver of issued and refreshed tokens.',
  })

export type NotificationSettings = z.output<typeof notificationSettings>
