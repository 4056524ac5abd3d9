// Reads {books: [{sheets: {name: rows}, wanted: [[name, row, column], ...]}, ...]} from its input, rows and columns from
// 0, and writes each book's wanted values as HyperFormula finds them. Its argument is the folder of node_modules.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { FunctionArgumentType, FunctionPlugin, HyperFormula } = createRequire(`${process.argv[2]}/`)('hyperformula')

// Its own INT rounds towards 0; spreadsheets, and their documentation, round down.
class Down extends FunctionPlugin {
  down(ast, state) {
    return this.runFunction(ast.args, state, this.metadata('INT'), Math.floor)
  }
}
Down.implementedFunctions = { INT: { method: 'down', parameters: [{ argumentType: FunctionArgumentType.NUMBER }] } }
HyperFormula.registerFunctionPlugin(Down, { enGB: { INT: 'INT' } })

const exact = { licenseKey: 'gpl-v3', smartRounding: false, useArrayArithmetic: true }
const { books } = JSON.parse(readFileSync(0, 'utf8'))
const values = books.map(({ sheets, wanted }) => {
  const engine = HyperFormula.buildFromSheets(sheets, exact)
  return wanted.map(([name, row, col]) => {
    const value = engine.getCellValue({ sheet: engine.getSheetId(name), row, col })
    return value?.message === undefined ? value : `${value.value} ${value.message}`
  })
})
process.stdout.write(JSON.stringify(values))
