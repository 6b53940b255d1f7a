"""The columns of the offices' workbooks, with their Burmese labels and the titles above them."""

_INSPECTION = {
    "insp_id": "စစ်ဆေးမှုအမှတ်", "insp_date": "စစ်ဆေးသည့်နေ့", "insp_type": "စစ်ဆေးမှုအမျိုးအစား",
    "inspector_code": "စစ်ဆေးရေးမှူး", "office_code": "ရုံး", "wp_id": "လုပ်ငန်းခွင်အမှတ်",
    "wp_name": "လုပ်ငန်းခွင်အမည်", "wp_owner": "ပိုင်ရှင်", "wp_address": "လုပ်ငန်းခွင်လိပ်စာ",
    "wp_township": "မြို့နယ်", "gps": "တည်နေရာ", "isic4": "လုပ်ငန်းအမျိုးအစား",
    "workers_total": "အလုပ်သမားပေါင်း", "workers_15_17_m": "၁၅-၁၇ ကျား",
    "workers_15_17_f": "၁၅-၁၇ မ", "workers_u15_m": "၁၅ အောက် ကျား", "workers_u15_f": "၁၅ အောက် မ",
    "entry": "ဝင်ခွင့်", "records": "မှတ်တမ်း", "interview": "တွေ့ဆုံမေးမြန်း",
    "child_found": "ကလေးတွေ့ရှိ", "child_no": "ကလေးအမှတ်စဉ်", "child_name": "ကလေးအမည်",
    "child_father_name": "အဘအမည်", "child_sex": "ကျား/မ", "child_dob": "မွေးသက္ကရာဇ်",
    "child_age": "အသက်", "child_age_evidence": "အသက်အထောက်အထား",
    "child_nationality": "နိုင်ငံသား", "child_home_township": "နေရပ်မြို့နယ်",
    "child_card_no": "မှတ်ပုံတင်အမှတ်", "child_isco08": "အလုပ်အကိုင်", "child_task_text": "လုပ်ငန်းတာဝန်",
    "child_hours_day": "တစ်နေ့နာရီ", "child_days_week": "တစ်ပတ်ရက်", "child_hours_week": "တစ်ပတ်နာရီ",
    "child_night": "ညအလုပ်", "child_attends_school": "ကျောင်းတက်", "child_start_date": "အလုပ်စသည့်နေ့",
    "child_pay_kind": "လုပ်ခ", "child_hazards": "အန္တရာယ်", "child_wfcl_flags": "အဆိုးရွားဆုံးပုံစံ",
    "child_living_with": "အတူနေသူ", "child_injury": "ထိခိုက်ဒဏ်ရာ", "finding_law": "ဥပဒေပုဒ်မ",
    "sanction": "အရေးယူမှု", "sanction_amount": "ဒဏ်ငွေ", "deadline": "နောက်ဆုံးရက်",
    "referred_to": "လွှဲပြောင်း", "consent": "သဘောတူညီချက်", "remarks": "မှတ်ချက်",
}  # fmt: skip
_SCHOOL = {
    "township_pcode": "မြို့နယ်", "school_code": "ကျောင်းအမှတ်", "school_name": "ကျောင်းအမည်",
    "academic_year": "ပညာသင်နှစ်", "month": "လ", "grade": "အတန်း", "class": "တန်းခွဲ",
    "student_no": "ကျောင်းဝင်အမှတ်", "name_my": "အမည်", "father_name": "အဘအမည်",
    "mother_name": "အမိအမည်", "sex": "ကျား/မ", "dob": "မွေးသက္ကရာဇ်", "age": "အသက်",
    "school_days": "ကျောင်းဖွင့်ရက်", "days_present": "တက်ရက်", "days_absent": "ပျက်ရက်",
    "absence_reason": "ပျက်ကွက်ရသည့်အကြောင်း", "status": "အခြေအနေ", "dropout_date": "ကျောင်းထွက်ရက်",
    "dropout_reason": "ကျောင်းထွက်ရသည့်အကြောင်း", "sees_working": "အလုပ်လုပ်သည်ကိုတွေ့",
    "work_kind_text": "အလုပ်အမျိုးအစား", "teacher_refers": "ဆရာလွှဲပြောင်း",
    "guardian_informed": "အုပ်ထိန်းသူအသိပေး", "remarks": "မှတ်ချက်",
}  # fmt: skip

COLUMNS = {"labour_inspection": tuple(_INSPECTION), "emis": tuple(_SCHOOL)}
LABELS_MY = {**_INSPECTION, **_SCHOOL, "serial_no": "စဉ်"}
TITLES = {
    "labour_inspection": (
        "Factories and General Labour Laws Inspection Department",
        "အလုပ်ရုံနှင့် အလုပ်သမားဥပဒေ စစ်ဆေးရေးဦးစီးဌာန", "Weekly report",
    ),
    "emis": ("Department of Basic Education", "အခြေခံပညာဦးစီးဌာန", "Monthly attendance"),
}  # fmt: skip
DATES = {"insp_date", "child_dob", "child_start_date", "deadline", "dob", "dropout_date"}
NUMBERS = {"child_no", "student_no", "child_age", "age", "school_days", "days_present"}
