# What care cost, and the tax return.

expenses-title = Medical expenses
expenses-lead = What you paid for care, as all your insurers tell it.
expenses-years = Choose a year
expenses-year = { $year }
expenses-whole = Everything for { $year } has arrived
expenses-until = Bills up to { $month } have arrived
expenses-nothing = Nothing for { $year } has arrived yet
expenses-pending = The insurer is still checking { $n } more.
expenses-lacking = What you paid under { $source } is not in here
expenses-insurers = { $source } ({ $insurers })
expenses-comma = {", "}
expenses-paid-year = What you paid in all
expenses-total = Total cost (100 %)
expenses-refund = What you get back
expenses-tile-year = What you paid in { $year }
expenses-months = Expenses by month
expenses-months-text = The dark bar is what you paid, the light one the total cost.
expenses-missing = Not arrived yet
expenses-partly = in part
expenses-month = Month
expenses-paid = You paid
expenses-people = By person
expenses-patient = Patient
expenses-own = you
expenses-count = Bills
expenses-bills = { $n ->
    [one] { $n } bill
   *[other] { $n } bills
}
expenses-list = Every bill
expenses-none = There are no bills in this year.
expenses-institution = Where
expenses-care = Kind of care
expenses-days = Days
expenses-meals = Meals
expenses-differs = When it differs from what you paid at the counter
expenses-differs-rounding = The counter rounds to 10 yen.
expenses-differs-public = Where a city or another programme helps, you pay less at the counter.
expenses-differs-late = Bills arrive two to three months after the care.
expenses-differs-outside = What insurance does not cover (private rooms, certificates) is not in here.
expenses-tax = Use it for the tax return
days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}

care-inpatient = Hospital stay
care-outpatient = Outpatient
care-dental = Dentist
care-pharmacy = Pharmacy
care-home-nursing = Home nursing
care-manipulation = Manipulation
care-other = Other

month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

deduction-title = Medical expenses for the tax return
deduction-lead = Three steps to the papers for the medical expenses deduction: one return for all your insurers.
deduction-step-1 = 1. See which months are missing
deduction-missing-none = Every month of this year up to today has arrived.
deduction-missing = These months have not arrived yet. Add them from your receipts in step 2.
deduction-others = Add what is with an insurer not named here in step 2, from its list or your receipts.
deduction-again = Ask again
deduction-step-2 = 2. Add receipts
deduction-receipts-text = Write down what the insurer does not list, from your receipts. Fares to the hospital and medicine from a shop count too.
deduction-not-kept = This portal does not keep what you write. Save it in step 3 before you close the page.
receipt-patient = Patient
receipt-payee = Paid to
receipt-kind = Kind of expense
receipt-paid = Paid (yen)
receipt-refund = Given back (yen)
receipt-act = Act
receipt-add = Add this receipt
receipt-remove = Take away
receipt-kind-treatment = Treatment
receipt-kind-medicine = Medicine
receipt-kind-long-term-care = Long-term care service
receipt-kind-other = Other medical expense
receipt-wrong-patient = Write the patient's name, up to 60 characters.
receipt-wrong-payee = Write whom you paid, up to 60 characters.
receipt-wrong-kind = Choose the kind of expense.
receipt-wrong-paid = Write what you paid, from 1 to 99,999,999 yen.
receipt-wrong-refund = What was given back is a number up to what you paid.
receipt-wrong-many = A return takes 100 receipts. Put the rest in another one.
deduction-step-3 = 3. Make the papers
deduction-paid = Paid (lists of all insurers)
deduction-receipts-paid = Paid (receipts)
deduction-refund = Given back
deduction-borne = What remains
deduction-amount = You may deduct what remains less 100,000 yen (less 5 % of your income if that is below 2,000,000 yen), up to 2,000,000 yen.
deduction-unsure = An insurer is missing. Make sure that this will do, tick the box below, and press again.
deduction-without = Make the papers though the expenses under { $source } are missing
deduction-law = The six items that the law asks for are there: insured person, month, patient, institution, amount paid, insurer.
deduction-print = Open it for printing
deduction-csv = Save for a spreadsheet (CSV)
deduction-xml = Save for a program (XML)
deduction-attach = The tax office takes data as an attachment only under the insurer's electronic signature. Use these papers to fill in your return, or to read them into the program that makes it. Keep your receipts for five years.
deduction-print-title = Medical expenses of { $year }
deduction-made = Made on { $day }
deduction-insured = Insured person
deduction-insurer = Insurer
deduction-receipts = Added from receipts
deduction-all-paid = Paid in all
deduction-back = Back to medical expenses
print-how = Print with your browser's "Print". Choose "Save as PDF" to keep a file.
