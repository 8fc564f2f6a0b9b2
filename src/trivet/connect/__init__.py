"""Files and systems: a company folder in, packs and CSV out.

Modules in reading order. In, from the folder to typed tables:
- folder: read a company folder, the one entry
- mapping, rules, mapping_advice: what a mapping file says; conditions on columns; how to begin one
- opening, texts, header, workbook, workbook_child: files opened as text, headers found, workbooks in a child process
- raw: a file as text with its lines
- arrange, typed, cells: columns matched, read, rows at fault set aside
- numbers, days, codes: numbers, dates and codes as people write them
- wide, sheets: a column for each month turned into a row for each bucket, a sheet for each amount laid beside
- base_units, cancelled: quantities in cases, lines and their exact reversals
- load, checks, keys, renamed, returns: masters first, codes matched, duplicates asked about, old codes under the
  ones that go on, returns kept apart
- between: what became of members since the last import
- crosscheck, currencies, unit_slips, feeds, health: what looks wrong although every cell could be read
- long_series: a long file of series for a backtest

What is said and written about it:
- report_text, rejects, templates: the report, rejected rows, an empty folder to fill in
- csv_out: tables as CSV

Out, for a published plan:
- evidence: the files a certificate is drawn from
- certificate, certificate_tie, certificate_prices, certificate_sql, certificate_views: the tie-out computed by other
  code than the plan's
- pushdown, pushdown_tie: what execution takes over, as files with a manifest, and its tie-out
- pack: the workbook of a published plan, made of pack_business, pack_family, pack_plans, pack_statement and
  pack_lists, on the paper of pack_book, with the figures of pack_figures, how families are made and by whom
  (pack_making), planning's texts as people speak (pack_told) and the charts of pack_charts
- pdf: the same pack as PDF, made of pdf_business, pdf_binding, pdf_changes, pdf_family, pdf_plans, pdf_operations,
  pdf_finance and pdf_proof, with words by pdf_words and pdf_notes, last cycle's plan by pdf_earlier, drawings by
  pdf_chart and pdf_drawings, on the paper of pdf_paper
"""
