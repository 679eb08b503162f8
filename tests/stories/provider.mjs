// A real OpenID Connect provider for test_oidc.py: `node provider.mjs MODULES PORT KEYS`. KEYS is a file of JSON Web Keys.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [modules, port, keys] = process.argv.slice(2)
const found = createRequire(`${modules}/package.json`).resolve('oidc-provider')
const { Provider } = await import(pathToFileURL(found).href)

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: JSON.parse(readFileSync(keys, 'utf8')),
  clients: [{
    client_id: 'zhang.san', client_secret: 'a secret of this test', grant_types: ['client_credentials'],
    redirect_uris: [], response_types: [],
  }],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => ({
        scope: 'work', audience: resource, accessTokenTTL: 120, accessTokenFormat: 'jwt',
      }),
    },
  },
  // An access token of client_credentials has no subject; a person's would have theirs.
  extraTokenClaims: (_, token) => ({ person: token.clientId }),
})
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'))
