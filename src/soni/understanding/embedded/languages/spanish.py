"""Spanish, the basics."""

from soni.understanding.embedded.languages.base import Language, phrases, places, word_set

SPANISH = Language(
    code="es",
    common=word_set("""
        el la los las lo un una unos unas de del al a en con por para sin sobre entre hasta desde y e o u pero si no ni que qué cual cuál
        cuales quien quién cuando cuándo donde dónde como cómo cuanto cuánto cuanta porque por qué yo tu tú él ella ello nosotros vosotros
        ellos ellas usted ustedes me te se nos os le les mi mis su sus tus nuestro este esta esto estos estas ese esa eso esos esas aquel
        ser es son soy eres era fue sea estar está estoy están hay haber he ha han hacer hace hago haz tener tengo tiene quiero quisiera
        querría quieres quiere necesito necesita puedo puedes puede podría podrías podemos gustaría debo ir voy vamos va ver saber sé dar
        dame dime decir di favor gracias hola buenas buenos días tardes noches ahora hoy ya muy más menos también tan algo alguien nada todo
        toda todos todas otro otra vez bien así ok vale pues
    """),
    fillers=phrases("""
        (por favor|porfa|porfavor)
        (pues|bueno|vale|ok|okay|oye|mira|eh|ah|oh|em|este|entonces|venga)
        (hola|buenas|hey) [de nuevo|otra vez]
        buenos (días|dias)
        buenas (tardes|noches)
        (gracias|muchas gracias|mil gracias)
        (ahora|ahora mismo|ya|de momento)
    """),
    requests=phrases("""
        (quiero|quisiera|querría|necesito|deseo|me gustaría|me gustaria|tengo que)
        (puedo|puedes|podrías|podrias|puede|podría|podria|podemos)
        (ayúdame a|ayudame a|dime|dame|muéstrame|muestrame|enséñame|ensename)
    """),
    questions=word_set(
        "qué que cuál cual cuáles quién quien cuándo cuando dónde donde cómo como cuánto cuanto cuánta cuántos puedo puedes"
    ),
    acts={
        "cancel": phrases("""
            (cancela|cancelar|para|parar|detente|déjalo|dejalo|olvídalo|olvidalo|salir|anula|anular|abortar)
            (cancela|cancelar|anula|anular|olvida|para|deja) (eso|esto|todo|lo|la operación)
            (quiero|quisiera|necesito) (cancelar|parar|salir|dejarlo|anular) [esto|eso|lo|todo]
            (da igual|mejor no|no importa|ya no quiero|he cambiado de idea|cambié de idea|no quiero seguir|
                no quiero continuar|ya no)
        """),
        "restart": phrases("""
            (empezar|empecemos|empieza|comenzar|comencemos) (de nuevo|otra vez|de cero|desde el principio|desde cero)
            (quiero|vamos a) empezar (de nuevo|otra vez|de cero|desde el principio)
            (reiniciar|reinicia|resetear)
        """),
        "repeat": phrases("""
            (repite|repítelo|repitelo|repetir|otra vez|cómo dices|qué has dicho|qué dijiste|qué decías|perdona|perdón|
                perdon|cómo)
            (puedes|podrías|puede) (repetir|repetirlo|repetírmelo|repetir eso)
            no te (he oído|oí|he escuchado|escuché)
        """),
        "help": phrases("""
            (ayuda|ayúdame|ayudame|necesito ayuda|me puedes ayudar|puedes ayudarme)
        """),
        "abilities": phrases("""
            (qué puedes hacer|qué sabes hacer|en qué puedes ayudarme|en qué me puedes ayudar|para qué sirves)
        """),
        "explain": phrases("""
            (qué|que) (significa|quieres decir|quiere decir) [eso|esto]
            (qué es eso|qué es esto|para qué|por qué|por que)
            (por qué|para qué) (lo|me lo|necesitas|quieres|preguntas) [saber|eso|esto|preguntas|necesitas]
            (por qué|para qué) (eso|esto|es eso|es esto|sirve eso|sirve esto)
            [y] (eso|esto) (por qué|para qué)
            para qué (necesitas|necesita|quieres|quiere) [saber] (eso|esto|saberlo)
            para qué (lo|la) (necesitas|necesita|quieres|quiere|preguntas|pregunta)
            a qué (te refieres|se refiere) [con eso|con esto]
            en qué sentido
            no (entiendo|lo entiendo|comprendo|te entiendo)
            (qué|cuáles son las) (opciones) [hay|tengo]
            (cómo funciona|cómo funciona esto)
        """),
        "unsure": phrases("""
            (no sé|no lo sé|no se|ni idea|no estoy seguro|no estoy segura|no me acuerdo|no recuerdo|me da igual|
                cualquiera)
        """),
        "person": phrases("""
            [un|una] (persona|humano|agente|operador|operadora) [real] [por favor]
        """),
        "skip": phrases("""
            (saltar|salta|sáltalo|saltalo|omitir|omite|paso|siguiente|siguiente pregunta|prefiero no decirlo|
                déjalo en blanco)
        """),
        "greeting": phrases("""
            (hola|buenas|hey|saludos|holi|qué hay)
            [hola] (buenos días|buenos dias|buenas tardes|buenas noches)
        """),
        "thanks": phrases("""
            [vale|ok|perfecto|genial] (gracias|muchas gracias|mil gracias|muy amable|te lo agradezco) [por todo|
                por la ayuda|por tu ayuda]
            (eso es todo|nada más|nada mas|perfecto|genial|estupendo)
        """),
        "farewell": phrases("""
            (adiós|adios|hasta luego|hasta pronto|nos vemos|chao|chau|hasta mañana|que tengas un buen día)
        """),
        "how_are_you": phrases("""
            (cómo|como|qué) (estás|estas|está|te va|va|va todo|tal|tal estás)
        """),
        "who_are_you": phrases("""
            (quién|quien|qué|que) eres
            (cómo te llamas|cuál es tu nombre|eres un robot|eres un bot|eres humano|eres una persona|eres una máquina)
        """),
        "small_talk": phrases("""
            (cuéntame|cuentame|dime) (un chiste|algo gracioso|una historia)
            (jaja|jajaja|jeje|entiendo|entendido|ya veo|te quiero)
        """),
    },
    anywhere={
        "person": phrases("""
            (hablar|conversar|chatear|comunicarme|pásame|pasame|ponme) con (una|un|alguna|algún|el|la) (persona|humano|
                agente|operador|operadora|asesor|asesora|encargado|responsable) [real|de verdad]
            (hablar|conversar|pásame|ponme) con (alguien|atención al cliente|soporte)
        """),
    },
    corrections=phrases("""
        [no|perdón|perdona|espera] (quería|queria|quise|quiero) decir
        [no|perdón|perdona|espera] (que sean|que sea|pon|ponlo en|ponle|cámbialo a|cambialo a|cámbialo por)
        (me equivoqué|me equivoque|me he equivocado|corrección|mejor)
    """),
    turns=phrases("""
        (no|perdón|perdon|perdona|espera|en realidad|mejor)
        (sí|si|vale) (pero|solo que)
        (pero|está mal|esta mal|incorrecto)
    """),
    refusals=phrases("""
        (no|ninguno|ninguna|nada|nadie|sin nada) [gracias]
        no (tengo|quiero|hace falta)
    """),
    not_words=word_set("no"),
    instead_of=phrases("""
        (en vez de|en lugar de|y no|no)
    """),
    change=phrases("""
        (cambia|cambiar|cámbia|corrige|corregir|modifica|modificar|actualiza|pon)
    """),
    become=word_set("a por en como con"),
    wrong=word_set("mal incorrecto incorrecta equivocado equivocada erróneo otro otra"),
    negations=phrases("""
        [yo] (no|ya no|nunca|tampoco) (quiero|quería|queremos|quisiera|necesito|deseo|pienso|pretendo|he pedido|pedí) [que]
        (no|nunca) (envíes|envies|mandes|transfieras|pagues|hagas|bloquees|canceles|borres|reserves|cambies|compres)
        (no|nunca) (envíe|envie|mande|transfiera|pague|haga|bloquee|cancele|borre|reserve|cambie|compre)
        no (hace falta|es necesario) [que]
    """),
    subjects=frozenset(),
    opposites=("des", "de"),
    copulas=word_set("es son sea"),
    cancel=word_set("cancela cancelar anula anular para olvida"),
    articles=word_set("el la los las un una mi mis su sus tu este esta ese esa lo"),
    infinitives=word_set("voy vas va vamos van ir empezar ayuda ayudame volver"),
    ends=word_set("""
        para por en con hasta porque desde cuando si pero como mañana hoy ahora gracias que antes despues durante sobre el
    """),
    begins=word_set("""
        empezando comenzando empieza desde hasta cada todos todas próximo próxima semanal semanalmente mensual mensualmente anual
        anualmente
    """),
    joins=word_set("y e"),
    coordinates=word_set("y e o u también"),
    people=word_set("nosotros nosotras yo"),
    splits=phrases("""
        y (luego|después|también|además)
        (luego|después|además)
        y
    """),
    neither=phrases("""
        (ninguno|ninguna|ninguno de los dos|ninguna de las dos|ninguno de ellos|ninguna de ellas|ninguna de esas|ninguno de esos)
        (ni uno ni otro|ni una ni otra|otra cosa|algo distinto|algo diferente|nada de eso|no es eso|eso no)
        [no] quiero otra cosa
    """),
    ordinals=places(
        "primero primera primer 1º 1ª",
        "segundo segunda 2º 2ª",
        "tercero tercera tercer 3º 3ª",
        "cuarto cuarta 4º 4ª",
        "quinto quinta 5º 5ª",
        last="último última",
    ),
    cardinals=places("1 uno una", "2 dos", "3 tres", "4 cuatro", "5 cinco"),
    options=word_set("opción número posibilidad elección"),
    vague=word_set("alguien persona gente eso esto otro otra algo amigo amiga casa ahi alli aqui"),
    directions=(
        ("a", word_set("destino destinatario destinataria llegada beneficiario receptor hacia contacto")),
        ("para", word_set("destinatario destinataria beneficiario")),
        ("de", word_set("origen salida procedencia")),
        ("desde", word_set("origen salida procedencia inicio")),
        ("hasta", word_set("fin final vuelta regreso destino")),
        ("en", word_set("ciudad lugar restaurante hotel tienda")),
        ("con", word_set("médico doctor persona")),
    ),
    open_ended=word_set("""
        nota notas comentario comentarios mensaje motivo razón descripción texto detalles pregunta dirección asunto título tema consulta
        concepto
    """),
    given_names=("nombre", "nombre de pila"),
    family_names=("apellido", "apellidos"),
    politeness=word_set("por favor gracias vale ok entonces ahora también mejor"),
    units=(
        (word_set("kilo kilos kg kilogramo kilogramos gramo gramos"), word_set("peso pesa")),
        (word_set("km kilómetro kilómetros milla millas"), word_set("distancia")),
        (word_set("cm metro metros centímetro centímetros"), word_set("altura anchura")),
        (word_set("litro litros"), word_set("volumen")),
        (word_set("euro euros eur dólar dólares"), word_set("dinero precio")),
    ),
)
