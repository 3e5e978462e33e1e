# A resident's own records.

home-title = { $name }: home
home-signed-in = { $day }, signed in at { $time }
home-records = Your records
crumb-home = Home

source-insurance = the insurer
source-checkup = the holder of your check-up results
source-pension = the holder of your pension record

wait-insurance = Waiting for the insurer
wait-checkup = Waiting for the check-up results
wait-pension = Waiting for the pension record
wait-history = Reading who saw your records
wait-note = You can read the other records now. This one appears here when it arrives.
wait-page = It appears here when it arrives.

retry-insurance = Ask for the insurance alone again
retry-checkup = Ask for the check-ups alone again
retry-pension = Ask for the pension alone again
retry-history = Load again

as-of = Updated by { $source } on { $moment }

outcome-empty = No record yet from { $source }
outcome-empty-text = It appears here as soon as it arrives.
outcome-not-linked = You are not linked to this record yet
outcome-not-linked-text = Search under “Links to your records” and confirm it; then you see it here.
outcome-refused = This sign-in cannot open the record
outcome-refused-text = Signing in again with your card may help.
outcome-refused-consent = You have not agreed to show this yet
outcome-refused-consent-text = Once you agree, it appears here.
outcome-slow = No answer in time from { $source }
outcome-slow-text = You can read the other records. Please wait a little and try again.
outcome-down = Cannot reach { $source } now
outcome-down-text = The trouble is at their server. Your card and computer are fine.
outcome-busy = Many are asking { $source } just now
outcome-busy-text = Please wait a little and try again. You can read the other records.
outcome-resting = { $source } is not being asked for a moment
outcome-resting-text = It has not answered since { $since }. Please try again after { $again }. Your record is still safe with them.
outcome-broken = The answer of { $source } cannot be read
outcome-broken-text = It came in the wrong form. Your record is still safe with them.
outcome-relay = Cannot reach the record relay now
outcome-relay-text = Your records are safe with their holders. Please wait a little and try again.
outcome-code = Code { $code }

tile-insurance = Insurance
tile-insurance-link = See the insurance card
tile-checkup = Check-ups
tile-checkup-link = See the results
tile-pension = Pension
tile-pension-link = See the pension record

sample = Sample
yen = ¥{ $amount }
months = { $n } months
sex-male = Male
sex-female = Female
sex-unknown = Not stated
age = { $n } years

insurance-title = Insurance
insurance-lead = We asked the insurer which cover holds today.
insurance-valid-until = Valid until { $day }
insurance-valid-open = Valid, with no end date
insurance-ended = Ended on { $day }
insurance-not-started = Begins on { $day }
insurance-none = We found no insurance that is valid now
insurance-none-text = Notice of a new insurance may not have reached the insurer yet. Please ask your employer or city office.
insurance-several = Two or more insurances are valid
insurance-several-text = The older one may not have been closed yet. Please ask the insurer.
insurance-ratio = What you pay at the counter
insurance-ratio-value = { $n }0 %
insurance-ratio-unknown = Not stated by the insurer
insurance-symbol-number = Symbol and number
insurance-reveal = Show the number
insurance-name = Name
insurance-birth = Date of birth
insurance-sex = Sex
insurance-relation = Cover
insurance-relation-insured = Own insurance
insurance-relation-dependant = Family ({ $relationship })
insurance-relation-family = Family
insurance-head = Insured through
insurance-from = Covered since
insurance-until = Valid until
insurance-until-open = No end date
insurance-insurer-number = Insurer number
insurance-insurer = Insurer
insurance-address = Address
insurance-workplace = Workplace
insurance-kind-national = National Health Insurance
insurance-kind-association = Employees' Health Insurance (Association)
insurance-kind-society = Employees' Health Insurance (Society)
insurance-kind-mutual-aid = Mutual Aid Association
insurance-kind-late-elderly = Medical Care for the Elderly (75 and over)
insurance-family = Family members covered: { $n }
insurance-earlier = Earlier insurance
insurance-wrong = If something is wrong
insurance-wrong-text = Only the insurer can correct it. Please tell "{ $insurer }".

checkups-title = Check-up results
checkups-lead = We say in words where each value lies.
checkups-taken = Taken on { $day } at { $place }
checkups-years = Choose a year
checkups-summary = In short, { $year }
checkups-fine = Nothing needs attention
checkups-fine-text = Keep it up, and take the check-up again next year.
checkups-attention = { $n ->
    [one] One item needs attention
   *[other] { $n } items need attention
 }
checkups-attention-text = This does not mean illness. It is a sign to look at meals and exercise.
checkups-doctor = { $n ->
    [one] One item to talk over with a doctor
   *[other] { $n } items to talk over with a doctor
 }
checkups-doctor-text = Please take these results to your doctor.
checkups-trends = Change over the years
checkups-trends-text = The green band is the reference range; the dashed line is its limit.
checkups-band = Reference
checkups-items = All items
checkups-answers = Questions and examination
checkups-item = Item
checkups-value = This time
checkups-limit = Reference
checkups-meaning = Meaning
checkups-change = Change
checkups-rules = By the national limits for { $year }. This is not a diagnosis.
checkups-chart = { $item } ({ $unit }) over the years: { $series }. Reference { $limit }
checkups-chart-point = { $value } in { $year }
limit-high = below { $limit }
limit-low = { $limit } or more
limit-low-or-equal = above { $limit }
judgement-no-limit = No limit
judgement-not-taken = Not taken
judgement-within = Within range
judgement-slightly-high = A little high
judgement-slightly-low = A little low
judgement-high = Above range
judgement-low = Below range
judgement-see-doctor = See a doctor
checkups-tile-fine = Nothing needs attention
checkups-tile-attention = Items that need attention: { $n }
checkups-tile-doctor = Items to talk over with a doctor: { $n }
checkups-tile-years = { $n ->
    [one] Results of one check-up
   *[other] Results of { $n } check-ups
 }

syndrome-title = Metabolic check
syndrome-rules = Step by step, by the national rules in force since fiscal year { $year }. This is not a diagnosis.
syndrome-waist = Waist
syndrome-risks = Blood sugar, lipids, blood pressure
syndrome-result = Result
syndrome-sugar = Blood sugar
syndrome-fat = Lipids
syndrome-pressure = Blood pressure
syndrome-met = Counts
syndrome-not-met = Does not count
syndrome-unknown = Not known
syndrome-limit-high = counts from { $limit }
syndrome-limit-low = counts below { $limit }
syndrome-drug = It counts because medicine is taken for it.
syndrome-drug-unanswered = Whether medicine is taken for it was not answered.
syndrome-result-syndrome = The signs of metabolic syndrome are there
syndrome-result-near = Close to metabolic syndrome
syndrome-result-no = No sign of metabolic syndrome
syndrome-result-undecided = This cannot be decided
syndrome-because-risks = The waist counts, and of blood sugar, lipids and blood pressure { $n ->
    [one] one counts
   *[other] { $n } count
 }. It is a sign to look at meals and exercise.
syndrome-because-waist = The waist is below its limit.
syndrome-because-no-risk = Neither blood sugar nor lipids nor blood pressure counts.
syndrome-because-missing = A test was not taken, or a question not answered, and the result depends on it.
syndrome-differs = The check-up centre's own result is "{ $reported }". It may have used other values; please ask the centre.
guidance-title = Health guidance (help with daily habits)
guidance-intensive = Intensive support is meant for you
guidance-motivational = Motivational support is meant for you
guidance-information = Not needed; information only
guidance-undecided = This cannot be decided
guidance-outside-ages = Guidance is for those who reach 40 to 74 within the fiscal year
guidance-limits = Guidance begins at lower blood sugar than the result above (glucose 100 mg/dL, HbA1c { $hba1c } %), to notice early.
guidance-smoking = Smoking counts where blood sugar, lipids or blood pressure counts.
guidance-drugs = Those who take medicine for blood pressure, blood sugar or lipids are in their doctor's care and need none.
guidance-age = For those who reach 65 within the fiscal year, intensive becomes motivational support.

item-visceral-fat = Visceral fat area
item-systolic-1 = Blood pressure (upper), first
item-systolic-2 = Blood pressure (upper), second
item-diastolic-1 = Blood pressure (lower), first
item-diastolic-2 = Blood pressure (lower), second
item-red-cells = Red blood cells
item-haematocrit = Haematocrit
item-history = Medical history
item-subjective = Symptoms you feel
item-objective = Symptoms the doctor found
item-after-meal = Blood taken (time after a meal)
item-doctor-judgement = Doctor's judgement
item-doctor-name = Doctor
item-drug-pressure = Medicine for blood pressure
item-drug-sugar = Medicine for blood sugar
item-drug-fat = Medicine for cholesterol
item-history-stroke = Had a stroke
item-history-heart = Had a heart disease
item-history-kidney = Kidney failure or dialysis
item-anaemia = Told of anaemia
item-smoking = Smoking
item-guidance-wish = Wishes health guidance
item-bmi = BMI
item-waist = Waist
item-systolic = Blood pressure (upper)
item-diastolic = Blood pressure (lower)
item-fat = Triglycerides (fasting)
item-fat-casual = Triglycerides (not fasting)
item-hdl = HDL cholesterol
item-ldl = LDL cholesterol
item-ast = AST (GOT)
item-alt = ALT (GPT)
item-ggt = γ-GT
item-sugar = Blood sugar (fasting)
item-sugar-casual = Blood sugar (not fasting)
item-hba1c = HbA1c
item-haemoglobin = Haemoglobin
item-height = Height
item-weight = Weight
item-urine-sugar = Sugar in urine
item-urine-protein = Protein in urine
item-ecg = Electrocardiogram
item-eye-ground = Eye fundus
item-syndrome = Metabolic syndrome
item-guidance-level = Health guidance level

pension-title = Pension
pension-lead = Whether you qualify for a pension, and your record so far.
pension-sample = This is sample data, not a real pension record.
pension-met = You have enough months to receive a pension
pension-not-met = { $n ->
    [one] One more month to qualify
   *[other] { $n } more months to qualify
 }
pension-qualifying = Qualifying period
pension-qualifying-text = { $months } months of the { $needed } needed
pension-estimate = Estimated pension from age 65
pension-earned = Pension earned so far
pension-yearly = ¥{ $amount } a year
pension-monthly = about ¥{ $amount } a month
pension-paid = Contributions paid so far
pension-schemes = Months by scheme
pension-scheme = Scheme
pension-scheme-months = Months
pension-recent = Recent contributions
pension-month = Month
pension-standard = Standard monthly pay
pension-premium = Contribution (own share)
pension-unpaid = No payment on record
pension-none = –
scheme-national-first = National Pension (category 1)
scheme-national-third = National Pension (category 3)
scheme-employees = Employees' Pension (general)
scheme-public-servants = Employees' Pension (public servants)
scheme-private-schools = Employees' Pension (private schools)
pension-tile-months = { $months } months

history-title = Who saw my records
history-lead = Who looked at your records, and what for. Refused looks are kept too.
history-viewers = Who looked at your records
history-viewers-text = { $n } in the last 30 days, your own looks not counted.
history-viewers-none = Nobody looked at your records in the last 30 days
history-all = See all entries
history-none = Nobody has looked yet
history-none-text = Every look appears here at once.
history-own-fold = { $n ->
    [one] One look of your own
   *[other] { $n } looks of your own
 }
history-other-did-eligibility = { $who } checked your insurance for treatment
history-other-tried-eligibility = { $who } tried to check your insurance for treatment
history-other-did-record = { $who } looked at { $what }
history-other-tried-record = { $who } tried to look at { $what }
history-own-did-eligibility = You checked your insurance
history-own-tried-eligibility = You tried to check your insurance
history-own-did-record = You looked at { $what }
history-own-tried-record = You tried to look at { $what }
history-what-eligibility = your insurance
history-what-insurance = your insurance card
history-what-checkup = your check-up results
history-what-pension = your pension record
history-result-shown = Shown
history-result-answered = Answer: { $word }
history-result-empty = There was no record
history-result-refused = Refused ({ $code })
history-result-failed = The holder did not answer ({ $code })
history-source = Answered by { $source }
history-number = Check number { $number }
history-place = Entry { $index } of the log, number { $sequence } of yours
sought-title = Find a part of the history
sought-who = Who
sought-who-all = Everybody
sought-who-others = Others than you
sought-who-oneself = You
sought-what = What
sought-what-all = Everything
sought-consent = Number of the consent
sought-find = Find
sought-everything = Show everything
sought-none = Nothing fits
sought-none-yet = Older entries have not been looked through yet. Go on with the older ones.
sought-by-consent = What was read on this consent
history-older = Show earlier entries
history-newest = Back to the newest
history-complete = How to see that nothing is missing
history-complete-text = Your own entries are numbered one by one. A number left out would show a missing entry.
history-proof = Save the proof
history-proof-of = Save the proof of the entry at place { $index }
history-erased = The words of { $n } entries were erased after their time (your entries number { $numbers }). That they were there is left.
history-verify = How to check it yourself
history-verify-why = You can check, without relying on anybody, that nothing was rewritten or taken out afterwards.
history-verify-save = Save “all entries with proofs” and “the key to check with”. For one entry alone, use “Save the proof” beside it.
history-verify-run = On any computer, without the internet, run:
history-verify-key = Compare the key with one that came to you another way than this page, from your town's office for example.
history-verify-missing = If the last number is the one on this page, nothing is missing.
history-export = Save all entries with proofs
history-key = Save the key to check with
history-when = When
history-who = Who
history-why = What for
history-what = What
history-purpose-own-look = Own look
history-purpose-treatment = Treatment (insurance check)
history-purpose-linking = Linking the card to your record
history-purpose-care = Care (by your consent)
history-purpose-health-guidance = Health guidance (by your consent)
history-purpose-emergency = Emergency (by your consent)
history-purpose-own-service = Another service (by your consent)
