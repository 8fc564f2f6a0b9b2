"""What the plan means in money: prices and costs, the statement, cash, outlook and bridge; pure.

Reading order: `exchange` (rates as step functions), `cost` (standard cost), `ordered` (what orders were worth),
`price_rows` (net and list price of a row), `valuation` (price and cost on the demand plan), `gross` (sales at list
price), `invoicing` (what shipments are invoiced at), `restatement` (other currencies and rates), `statement` (budget,
stock at cost, expense), `cash` (working capital), `outlook` (fiscal years), `bridge` (budget to outlook, bar by bar),
`ledger_tie` (what the books say beside it, and why it differs).
"""
