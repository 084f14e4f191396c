"""Italian."""

from soni.understanding.values.vocabulary.base import Vocabulary, names, numbered, table, words
from soni.understanding.values.vocabulary.counting import italian

ITALIAN = Vocabulary(
    code="it",
    yes=words("""
        sì | si | certo | certamente | va bene | ok | okay | d'accordo | esatto | esattamente | giusto | corretto | è corretto
        confermo | confermato | perfetto | bene | benissimo | procedi | proceda | fallo | lo faccia | sicuro | sicuramente
        assolutamente sì | vero | volentieri | sì grazie | affermativo | nessun problema | accetto
    """),
    no=words("""
        no | n | assolutamente no | per niente | mai | non ora | non adesso | non ancora | meglio di no | no grazie | non voglio
        sbagliato | è sbagliato | non è corretto | non è giusto | falso | negativo | certo che no | non farlo | non lo faccia
        rifiuto | non accetto | credo di no | non sono d'accordo
    """),
    rhetorical=words("perché no | come no"),
    soft=words("""
        per favore | per piacere | grazie | grazie mille | ehm | eh | mah | allora | beh | bene | adesso | ora | credo | penso | e
        ciao | buongiorno | signore | signora | scusi | scusa | dunque
    """),
    numbers={**italian(), **table("un paio 2 | un paio di 2 | una dozzina 12 | una dozzina di 12")},
    scales=table(
        "cento 100 | mila 1000 | mille 1000 | milione 1000000 | milioni 1000000 | miliardo 1000000000 | miliardi 1000000000 | k 1000"
    ),
    one=words("un | uno | una | un'"),
    minus=words("meno"),
    half=words("mezzo | mezza"),
    and_a_half=words("e mezzo | e mezza"),
    pronouns=words("un | uno | una"),
    pronoun_is_article=True,
    vague=words("alcuni | alcune | qualche | un paio di | diverse"),
    range_to=words("a | fino a"),
    either_or=words("o | oppure"),
    between=words("tra | fra"),
    ordinals=table("""
        primo 1 | prima 1 | secondo 2 | seconda 2 | terzo 3 | terza 3 | quarto 4 | quarta 4 | quinto 5 | quinta 5 | sesto 6
        settimo 7 | ottavo 8 | nono 9 | decimo 10
    """),
    ordinal_suffixes=words("º | ª"),
    last=words("ultimo | ultima | l'ultimo | l'ultima"),
    option=words("opzione | numero | l'opzione | il numero"),
    one_of=words("opzione | per favore"),
    the=words("il | lo | la | l' | i | gli | le | mio | mia"),
    month_names=numbered("""
        gennaio gen | febbraio feb | marzo mar | aprile apr | maggio mag | giugno giu | luglio lug | agosto ago
        settembre set sett | ottobre ott | novembre nov | dicembre dic
    """),
    weekday_names=numbered(
        "lunedì lun | martedì mar | mercoledì mer | giovedì gio | venerdì ven | sabato sab | domenica dom"
    ),
    of=words("di | del"),
    coming=words("questo | questa | il prossimo | la prossima | prossimo | prossima"),
    coming_after=words("prossimo | prossima"),
    next_week=words("della prossima settimana | la prossima settimana | della settimana prossima"),
    days=table("""
        oggi 0 | stasera 0 | stamattina 0 | questa sera 0 | questo pomeriggio 0 | domani 1 | domani sera 1 | domani mattina 1
        dopodomani 2 | ieri -1 | l'altro ieri -2
    """),
    feasts=table("""
        natale 1225 | vigilia di natale 1224 | capodanno 101
    """),
    beside=words("prima di | dopo | verso"),
    in_time=words("tra | fra"),
    from_now=words("da oggi | da adesso | dopo"),
    ago=words("fa"),
    clock=table("mezzogiorno 720 | mezzanotte 0"),
    morning=words("di mattina | del mattino | della mattina | stamattina | domani mattina"),
    evening=words("di sera | della sera | del pomeriggio | di pomeriggio | stasera | questa sera | domani sera"),
    oclock=words("in punto"),
    at=words("alle | all' | alle ore | ore | verso le | le | dalle | prima delle | dopo le | per le"),
    parts_follow=table(
        "e un quarto 15 | e mezza 30 | e mezzo 30 | meno un quarto -15 | e dieci 10 | e venti 20 | meno dieci -10 | meno venti -20"
    ),
    units=table("""
        secondo 1 | secondi 1 | minuto 60 | minuti 60 | min 60 | ora 3600 | ore 3600 | giorno 86400 | giorni 86400
        settimana 604800 | settimane 604800 | notte 86400 | notti 86400
    """),
    months=table("mese 1 | mesi 1 | anno 12 | anni 12 | trimestre 3 | trimestri 3"),
    currencies=names(
        "euro EUR | dollaro USD | dollari USD | sterlina GBP | sterline GBP | yen JPY | franchi svizzeri CHF | franchi CHF"
    ),
    cents=words("centesimo | centesimi | cent"),
    openers=words("""
        è | sono | sarebbe | saranno | siamo | saremo | mi chiamo | il mio nome è | il nome è | a nome di | a nome | chiamami
        voglio | vorrei | preferisco | mi serve | mi servono | prendo | scelgo | dammi | mi dia | diciamo | credo | penso | a | ad
        al | alla | per | per il | da | dal | di | in | il | con | circa | più o meno | solo | soltanto | ehm | eh | allora | beh
        ok | sì | va bene | ciao | buongiorno | scusi | scusa | no | anzi | meglio | voglio dire | volevo dire | ho detto
        cambia in | manda a | invia a | il mio numero è | la mia email è | l'importo è | la data è | e | ma | per favore | aspetta
    """),
    closers=words("""
        per favore | per piacere | grazie | grazie mille | se possibile | va bene | andrebbe bene | allora | credo | in tutto
        in totale | ok
    """),
    questions=words("""
        che | cosa | che cosa | qual | quale | quali | chi | come | quando | quanto | quanta | quanti | quante | dove | perché
        posso | puoi | può | potrebbe | c'è | ci sono | devo | non capisco | non ho capito | spiegami | dimmi | ho una domanda
    """),
    unsure=words("""
        non lo so | non so | boh | nessuna idea | non ho idea | non sono sicuro | non sono sicura | nessuno | niente
        un momento | aspetta | un attimo
    """),
    rather=words("voglio dire | volevo dire | anzi | meglio | scusa | scusi | no | aspetta | ma | cambia in"),
    rejected=words("non | invece di | al posto di | anziché"),
    conjunctions=words("e | ed | o | oppure | più"),
    introductions=words("mi chiamo | il mio nome è | sono | a nome di | a nome | chiamami | a | per | da | con"),
    name=words("nome"),
    first_name=words("nome di battesimo"),
    last_name=words("cognome"),
)
