"""German."""

from soni.understanding.values.vocabulary.base import Vocabulary, names, numbered, table, words
from soni.understanding.values.vocabulary.counting import german

GERMAN = Vocabulary(
    code="de",
    yes=words("""
        ja | jo | jap | jep | j | jawohl | klar | na klar | natürlich | sicher | gerne | gern | ok | okay | in ordnung
        einverstanden | genau | richtig | stimmt | das stimmt | das ist richtig | korrekt | passt | das passt | gut | sehr gut
        alles klar | mach das | machen sie das | mach es | bestätigt | ich bestätige | bestätigen | auf jeden fall | unbedingt
        perfekt | super | prima | wahr | ja bitte | bitte ja | weiter | nur zu | los | kein problem | selbstverständlich | absolut
        ja genau
    """),
    no=words("""
        nein | nee | nö | ne | n | nicht | niemals | nie | auf keinen fall | keinesfalls | noch nicht | jetzt nicht | nicht jetzt
        lieber nicht | nein danke | danke nein | falsch | das ist falsch | stimmt nicht | das stimmt nicht | nicht richtig
        das ist nicht richtig | bitte nicht | mach das nicht | ich will nicht | ich möchte nicht | besser nicht | natürlich nicht
        eher nicht | nicht wirklich | abgelehnt | ich lehne ab | nicht einverstanden | später | unwahr | keineswegs
        ich glaube nicht
    """),
    rhetorical=words("warum nicht | wieso nicht"),
    soft=words("""
        bitte | danke | vielen dank | danke schön | äh | ähm | hm | hmm | also | naja | na ja | dann | jetzt | ich denke
        ich glaube | und | doch | mal | so | hallo | guten tag | herr | frau | das | es | eigentlich | ach | oh | sorry
        entschuldigung | schon
    """),
    numbers={**german(), **table("ein paar 2 | ein dutzend 12 | dutzend 12")},
    scales=table(
        "hundert 100 | tausend 1000 | million 1000000 | millionen 1000000 | mio 1000000 | milliarde 1000000000 | milliarden 1000000000"
    ),
    one=words("ein | eine | einen | einem | einer"),
    minus=words("minus"),
    half=words("eine halbe | halbe | ein halbes | halb | eine dreiviertel"),
    and_a_half=words("und eine halbe | einhalb"),
    pronouns=words("ein | eine | einen | einem | einer"),
    pronoun_is_article=True,
    vague=words("ein paar | einige | mehrere"),
    range_to=words("bis | bis zu"),
    either_or=words("oder"),
    between=words("zwischen"),
    ordinals=table("""
        erste 1 | erster 1 | ersten 1 | erstes 1 | zweite 2 | zweiter 2 | zweiten 2 | zweites 2 | dritte 3 | dritter 3 | dritten 3
        vierte 4 | vierten 4 | fünfte 5 | fünften 5 | sechste 6 | sechsten 6 | siebte 7 | siebten 7 | achte 8 | achten 8 | neunte 9
        neunten 9 | zehnte 10 | zehnten 10
    """),
    ordinal_suffixes=words("ter | te | ten"),
    last=words("letzte | letzter | letzten | letztes"),
    option=words("option | nummer | nr."),
    one_of=words("option | bitte"),
    the=words("der | die | das | den | dem | mein | meine | ein | eine"),
    month_names=numbered("""
        januar jänner jan | februar feber feb | märz mär | april apr | mai | juni jun | juli jul | august aug
        september sept sep | oktober okt | november nov | dezember dez
    """),
    weekday_names=numbered(
        "montag mon | dienstag die | mittwoch mit | donnerstag don | freitag fre | samstag sonnabend sam | sonntag son"
    ),
    dotted_dates=True,
    of=words("des"),
    coming=words("am | diesen | dieser | nächsten | kommenden | am nächsten | am kommenden | nächster"),
    next_week=words("nächste woche | nächster woche | der nächsten woche"),
    days=table("""
        heute 0 | heute abend 0 | heute nachmittag 0 | heute nacht 0 | heute morgen 0 | morgen 1 | morgen früh 1 | morgen abend 1
        morgen nachmittag 1 | übermorgen 2 | gestern -1 | vorgestern -2
    """),
    feasts=table("""
        heiligabend 1224 | silvester 1231 | neujahr 101
    """),
    beside=words("vor | nach | um"),
    in_time=words("in | nach | innerhalb von"),
    from_now=words("ab heute | ab jetzt | später"),
    ago=words("früher"),
    ago_before=words("vor"),
    clock=table("mittag 720 | mittags 720 | mitternacht 0"),
    morning=words("morgens | am morgen | vormittags | am vormittag | morgen früh | früh | in der früh"),
    evening=words("""
        abends | am abend | nachmittags | am nachmittag | heute abend | heute nachmittag | morgen abend | morgen nachmittag | nachts
    """),
    oclock=words("uhr"),
    at=words("um | gegen | ab | bis | vor | nach | ungefähr um | so um"),
    past=words("nach"),
    to=words("vor"),
    quarter=words("viertel"),
    half_to=words("halb"),
    units=table("""
        sekunde 1 | sekunden 1 | sek 1 | minute 60 | minuten 60 | min 60 | stunde 3600 | stunden 3600 | std 3600 | tag 86400
        tage 86400 | tagen 86400 | woche 604800 | wochen 604800 | nacht 86400 | nächte 86400 | nächten 86400
    """),
    months=table("monat 1 | monate 1 | monaten 1 | jahr 12 | jahre 12 | jahren 12 | quartal 3 | quartale 3"),
    currencies=names(
        "euro EUR | euros EUR | dollar USD | pfund GBP | yen JPY | franken CHF | schweizer franken CHF | zloty PLN | kronen SEK"
    ),
    cents=words("cent | cents"),
    openers=words("""
        es ist | es sind | das ist | das sind | es wäre | das wäre | wir sind | ich bin | ich heiße | mein name ist | der name ist
        auf den namen | nenn mich | nennen sie mich | ich möchte | ich will | ich hätte gern | ich hätte gerne | ich brauche
        ich nehme | ich wähle | gib mir | geben sie mir | sagen wir | sag | mach | machen wir | ich denke | ich glaube | an | zu
        zum | für | für den | von | vom | ab | nach | aus | am | um | im | in | bis | den | der | etwa | ungefähr | circa | ca.
        nur | bitte | äh | ähm | hm | also | naja | ok | okay | gut | ja | hallo | entschuldigung | sorry | nein | doch | lieber
        ich meine | ich meinte | ich sagte | ändere es auf | ändern auf | überweise an | schick es an | sende es an
        meine nummer ist | meine e-mail ist | meine email ist | meine adresse ist | der betrag ist | das datum ist | und | aber
        warte
    """),
    closers=words("""
        bitte | danke | vielen dank | danke schön | wenn möglich | wenn es geht | wäre gut | wäre super | wäre schön | passt
        ist gut | ist ok | dann | denke ich | glaube ich | insgesamt | zusammen | ok | okay | lieber
    """),
    questions=words("""
        was | wer | wen | wem | wessen | warum | wieso | weshalb | wie | wann | wo | wohin | woher | welche | welcher | welches
        welchen | kann ich | können sie | kannst du | können wir | darf ich | muss ich | soll ich | gibt es | haben sie | hast du
        ist es | ist das | ich verstehe nicht | ich verstehe das nicht | erkläre | erklären sie | wie bitte | ich habe eine frage
        sag mir | sagen sie mir
    """),
    unsure=words("""
        ich weiß nicht | ich weiß es nicht | weiß nicht | weiß ich nicht | keine ahnung | ich bin nicht sicher | nicht sicher | egal
        ist mir egal | nichts | keine | keiner | moment | einen moment | einen augenblick | warte | warten sie | vergiss es
    """),
    rather=words(
        "ich meine | ich meinte | lieber | sondern | entschuldigung | sorry | nein | warte | doch | ändere es auf | aber"
    ),
    rejected=words("nicht | statt | anstatt | anstelle von | kein | keine"),
    conjunctions=words("und | oder | sowie | plus"),
    introductions=words(
        "ich heiße | mein name ist | ich bin | auf den namen | nenn mich | an | für | von | nach | aus | mit"
    ),
    name=words("name | namen"),
    first_name=words("vorname | vornamen"),
    last_name=words("nachname | nachnamen | familienname"),
)
