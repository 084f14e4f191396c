"""Spanish."""

from soni.understanding.values.vocabulary.base import Vocabulary, names, numbered, table, words

SPANISH = Vocabulary(
    code="es",
    yes=words("""
        sí | si | s | sip | sii | claro | claro que sí | por supuesto | vale | ok | okay | okey | de acuerdo | correcto
        es correcto | exacto | exactamente | así es | eso es | eso | afirmativo | confirmo | confirmado | confirmar | adelante
        hazlo | hágalo | perfecto | está bien | bien | muy bien | bueno | dale | venga | seguro | desde luego | cómo no | verdadero
        cierto | es cierto | efectivamente | sí quiero | lo confirmo | acepto | sí por favor | procede | proceda | continúa
        continúe | sin problema | me parece bien | genial
    """),
    no=words("""
        no | nop | nope | n | para nada | en absoluto | de ninguna manera | ni hablar | todavía no | aún no | ahora no | mejor no
        no gracias | no quiero | negativo | incorrecto | no es correcto | está mal | falso | nunca | no lo hagas | no lo haga
        no hace falta | claro que no | por supuesto que no | creo que no | no me interesa | así no | eso no | no es así | rechazo
        cancelo | no acepto | no estoy de acuerdo
    """),
    rhetorical=words("cómo no | por qué no"),
    soft=words("""
        por favor | porfa | porfavor | gracias | muchas gracias | pues | eh | em | mmm | mm | hm | hmm | bueno | entonces | ahora
        ahora mismo | creo | creo que | supongo | y | señor | señora | hola | oye | mira | a ver | muy amable | la verdad | es que
        perdón | perdona | lo | que
    """),
    numbers=table("un par 2 | un par de 2 | una docena 12 | una docena de 12 | media docena 6 | media docena de 6"),
    scales=table(
        """
        mil 1000 | miles 1000 | cien 100 | cientos 100 | centenares 100 | millón 1000000 | millones 1000000
        mil millones 1000000000 | k 1000 | m 1000000
    """
    ),
    one=words("un | una | uno | otro | otra"),
    minus=words("menos"),
    half=words("medio | media"),
    and_a_half=words("y medio | y media"),
    pronouns=words("un | una | uno"),
    pronoun_is_article=True,
    vague=words("unos pocos | unos cuantos | varios | varias | algunos | un par de"),
    range_to=words("a | hasta"),
    either_or=words("o | u"),
    between=words("entre"),
    persons=words(
        "personas | pasajeros | viajeros | adultos | comensales | huéspedes | invitados | asistentes | participantes"
    ),
    of_us=words("de nosotros | de nosotras"),
    alone=words("""
        solo yo | sólo yo | solamente yo | yo solo | yo sola | solo para mí | sólo para mí | yo nada más | nada más que yo
    """),
    me=words("yo"),
    my=words("mi | un | una"),
    companions=words("""
        mujer | marido | esposa | esposo | pareja | novia | novio | amigo | amiga | madre | padre | hermana | hermano | hijo | hija
        jefe | jefa | colega | compañero | compañera
    """),
    ordinals=table("""
        primero 1 | primera 1 | primer 1 | segundo 2 | segunda 2 | tercero 3 | tercera 3 | tercer 3 | cuarto 4 | cuarta 4 | quinto 5
        quinta 5 | sexto 6 | sexta 6 | séptimo 7 | séptima 7 | octavo 8 | octava 8 | noveno 9 | novena 9 | décimo 10 | décima 10
    """),
    ordinal_suffixes=words("º | ª | o | a | er | ro | do"),
    last=words("último | última"),
    option=words("opción | número | la opción | la número | el número"),
    one_of=words("opción | por favor"),
    the=words("el | la | los | las | mi | un | una"),
    month_names=numbered("""
        enero ene | febrero feb | marzo mar | abril abr | mayo may | junio jun | julio jul | agosto ago
        septiembre setiembre sept sep | octubre oct | noviembre nov | diciembre dic
    """),
    weekday_names=numbered(
        "lunes lun | martes mar | miércoles mié | jueves jue | viernes vie | sábado sáb | domingo dom"
    ),
    of=words("de | del | de el"),
    coming=words("este | el próximo | próximo | el | el próximo día | este próximo | el siguiente | para el"),
    coming_after=words("que viene | próximo | siguiente"),
    next_week=words("de la semana que viene | de la próxima semana | la semana que viene | la próxima semana"),
    days=table("""
        hoy 0 | mañana 1 | pasado mañana 2 | pasado 2 | ayer -1 | anteayer -2 | esta noche 0 | esta tarde 0 | esta mañana 0
        hoy mismo 0 | mañana por la mañana 1 | mañana por la tarde 1 | mañana por la noche 1
    """),
    feasts=table("""
        navidad 1225 | día de navidad 1225 | nochebuena 1224 | nochevieja 1231 | año nuevo 101
    """),
    beside=words("antes de | después de | cerca de"),
    in_time=words("en | dentro de"),
    from_now=words("a partir de hoy | a partir de ahora | desde hoy | más tarde | después"),
    ago=words("atrás | antes"),
    ago_before=words("hace"),
    clock=table("mediodía 720 | al mediodía 720 | medianoche 0"),
    morning=words("de la mañana | por la mañana | de la madrugada | esta mañana"),
    evening=words("de la tarde | por la tarde | de la noche | por la noche | esta tarde | esta noche"),
    oclock=words("en punto | horas"),
    at=words(
        "a las | a la | las | sobre las | hacia las | desde las | hasta las | antes de las | después de las | para las | a eso de las"
    ),
    parts_follow=table("""
        y cuarto 15 | y media 30 | menos cuarto -15 | y cinco 5 | y diez 10 | y veinte 20 | y veinticinco 25 | menos cinco -5
        menos diez -10 | menos veinte -20 | menos veinticinco -25
    """),
    units=table("""
        segundo 1 | segundos 1 | seg 1 | minuto 60 | minutos 60 | min 60 | mins 60 | hora 3600 | horas 3600 | día 86400 | días 86400
        semana 604800 | semanas 604800 | quincena 1296000 | noche 86400 | noches 86400
    """),
    months=table("mes 1 | meses 1 | año 12 | años 12 | trimestre 3 | trimestres 3"),
    currencies=names("""
        euro EUR | euros EUR | pavos EUR | dólar USD | dólares USD | libra GBP | libras GBP | libras esterlinas GBP | yen JPY
        yenes JPY | peso mexicano MXN | pesos mexicanos MXN | pesos argentinos ARS | pesos colombianos COP | pesos chilenos CLP
        francos suizos CHF | reales BRL | soles PEN
    """),
    cents=words("céntimo | céntimos | centavo | centavos | cent | cents"),
    openers=words("""
        es | son | sería | serían | será | serán | somos | seremos | soy | me llamo | mi nombre es | el nombre es | a nombre de
        llámame | quiero | quisiera | querría | me gustaría | prefiero | necesito | ponme | pon | dame | deme | digamos | creo que
        creo que es | elijo | escojo | a | al | para | para el | de | desde | en | el | por | con | que sea | que sean | unos | unas
        alrededor de | más o menos | aproximadamente | solo | sólo | solamente | pues | eh | em | mmm | hm | hmm | bueno | vale | ok
        sí | si | claro | hola | perdón | perdona | no perdón | no | mejor | quiero decir | quería decir | he dicho | cámbialo a
        cambia a | cámbialo por | envíalo a | envíaselo a | mándalo a | mi número es | mi teléfono es | mi correo es | mi email es
        la cantidad es | la fecha es | la hora es | y | pero | este | esta | por favor | espera
    """),
    closers=words("""
        por favor | porfa | porfavor | gracias | muchas gracias | si puede ser | si es posible | está bien | me va bien
        estaría bien | entonces | creo | más o menos | mejor | en total | nada más | vale | ok | señor | señora
    """),
    questions=words("""
        qué | cuál | cuáles | quién | quiénes | cómo | cuándo | cuánto | cuánta | cuántos | cuántas | dónde | por qué | puedo
        puedes | puede | podría | podrías | hay | tienes | tiene | tengo que | debo | es posible | no entiendo | no lo entiendo
        no comprendo | explícame | dime | perdón qué | cómo dices | a qué te refieres | tengo una pregunta
    """),
    unsure=words("""
        no sé | no lo sé | ni idea | no tengo ni idea | no estoy seguro | no estoy segura | no me acuerdo | no recuerdo | ninguno
        ninguna | da igual | me da igual | nada | un momento | espera | un segundo | olvídalo | déjalo
    """),
    rather=words(
        "quiero decir | quería decir | mejor | perdón | digo | no | espera | pon | que sean | que sea | sino | cámbialo a | pero"
    ),
    rejected=words("no | en vez de | en lugar de | no es | no son | no quiero"),
    conjunctions=words("y | e | y también | o | u | además de | más"),
    introductions=words("me llamo | mi nombre es | soy | a nombre de | llámame | a | para | de | desde | en | con"),
    name=words("nombre"),
    first_name=words("nombre de pila | primer nombre"),
    last_name=words("apellido | apellidos"),
)
