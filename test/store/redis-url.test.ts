import test from 'ava'
import { parseRedisUrl } from '../../src/store/redis-url.ts'

test('each form of a Redis URL names its servers, credentials and database', (t) => {
  t.deepEqual(parseRedisUrl('redis://127.0.0.1:6380/3'), {
    topology: 'single',
    tls: false,
    timeout: 400,
    hosts: [{ host: '127.0.0.1', port: 6380 }],
    database: 3,
  })
  t.deepEqual(parseRedisUrl('rediss://gate%40way:p%3A%2Fss@redis.example'), {
    topology: 'single',
    tls: true,
    timeout: 400,
    username: 'gate@way',
    password: 'p:/ss',
    hosts: [{ host: 'redis.example', port: 6379 }],
    database: 0,
  })
  t.deepEqual(parseRedisUrl('redis+sentinel://:geheim@a,b:1,[::1]:2/mymaster/1'), {
    topology: 'sentinel',
    tls: false,
    timeout: 400,
    password: 'geheim',
    hosts: [
      { host: 'a', port: 26379 },
      { host: 'b', port: 1 },
      { host: '::1', port: 2 },
    ],
    master: 'mymaster',
    database: 1,
  })
  t.deepEqual(parseRedisUrl('rediss+cluster://a:1,b:2?timeout=2000'), {
    topology: 'cluster',
    tls: true,
    timeout: 2000,
    hosts: [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ],
    database: 0,
  })
  t.like(parseRedisUrl('redis+unix:///run/redis.sock'), { topology: 'single', socket: '/run/redis.sock' })
})

test('a URL that makes no sense is refused without being quoted', (t) => {
  const bad = [
    'redis:',
    'redis://a:geheim',
    'redis://h/x',
    'redis+sentinel://geheim',
    'http://geheim',
    'redis://%@h:99999999',
  ]
  for (const url of [...bad, 'redis://u:%zz@h', 'redis://a,,b:1']) {
    const error = t.throws(() => parseRedisUrl(url), { instanceOf: TypeError }, url)
    t.false(String(error?.message).includes('geheim'))
  }
})
