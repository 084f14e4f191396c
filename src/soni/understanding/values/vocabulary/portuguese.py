"""Portuguese."""

from soni.understanding.values.vocabulary.base import Vocabulary, names, numbered, table, words
from soni.understanding.values.vocabulary.counting import portuguese

PORTUGUESE = Vocabulary(
    code="pt",
    yes=words("""
        sim | s | claro | claro que sim | com certeza | certo | certamente | ok | okay | está bem | tá bom | tá | de acordo | exato
        exatamente | correto | está correto | isso | isso mesmo | é isso | confirmo | confirmado | perfeito | pode ser | pode
        pode fazer | faça | vá em frente | bom | ótimo | beleza | verdade | verdadeiro | aceito | quero | sim por favor
        sem problema | concordo
    """),
    no=words("""
        não | nao | n | de jeito nenhum | de modo nenhum | nunca | jamais | agora não | ainda não | melhor não | não obrigado
        não obrigada | não quero | errado | está errado | incorreto | não está certo | falso | negativo | claro que não | não faça
        não precisa | recuso | não aceito | acho que não | não concordo | hoje não
    """),
    rhetorical=words("por que não | como não"),
    soft=words("""
        por favor | obrigado | obrigada | muito obrigado | muito obrigada | hum | hm | é que | bem | então | agora | acho | acho que
        e | olá | oi | senhor | senhora | desculpe | desculpa | né | pois
    """),
    numbers={**portuguese(), **table("um par 2 | um par de 2 | uma dúzia 12 | uma dúzia de 12 | meia dúzia 6")},
    scales=table(
        "mil 1000 | cem 100 | milhão 1000000 | milhões 1000000 | bilhão 1000000000 | bilhões 1000000000 | k 1000"
    ),
    one=words("um | uma"),
    minus=words("menos"),
    half=words("meio | meia"),
    and_a_half=words("e meio | e meia"),
    pronouns=words("um | uma"),
    pronoun_is_article=True,
    vague=words("alguns | algumas | uns | umas | um par de | vários"),
    range_to=words("a | até"),
    either_or=words("ou"),
    between=words("entre"),
    ordinals=table("""
        primeiro 1 | primeira 1 | segundo 2 | segunda 2 | terceiro 3 | terceira 3 | quarto 4 | quarta 4 | quinto 5 | quinta 5
        sexto 6 | sexta 6 | sétimo 7 | oitavo 8 | nono 9 | décimo 10
    """),
    ordinal_suffixes=words("º | ª | o | a"),
    last=words("último | última"),
    option=words("opção | número | a opção | o número"),
    one_of=words("opção | por favor"),
    the=words("o | a | os | as | meu | minha | um | uma"),
    month_names=numbered("""
        janeiro jan | fevereiro fev | março mar | abril abr | maio mai | junho jun | julho jul | agosto ago | setembro set
        outubro out | novembro nov | dezembro dez
    """),
    weekday_names=numbered("""
        segunda-feira segunda seg | terça-feira terça ter | quarta-feira quarta qua | quinta-feira quinta qui
        sexta-feira sexta sex | sábado sáb | domingo dom
    """),
    of=words("de | do"),
    coming=words("este | esta | na próxima | no próximo | próxima | próximo | na | no"),
    coming_after=words("que vem | próxima | próximo"),
    next_week=words("da próxima semana | na próxima semana | da semana que vem"),
    days=table("""
        hoje 0 | hoje à noite 0 | hoje à tarde 0 | esta noite 0 | amanhã 1 | amanhã de manhã 1 | amanhã à noite 1 | amanhã à tarde 1
        depois de amanhã 2 | ontem -1 | anteontem -2
    """),
    feasts=table("""
        no natal 1225 | dia de natal 1225 | véspera de natal 1224
    """),
    beside=words("antes de | antes do | depois de | depois do"),
    in_time=words("em | daqui a | dentro de"),
    from_now=words("a partir de hoje | a partir de agora | depois"),
    ago=words("atrás"),
    ago_before=words("há"),
    clock=table("meio-dia 720 | meio dia 720 | meia-noite 0 | meia noite 0"),
    morning=words("da manhã | de manhã | da madrugada | esta manhã | amanhã de manhã"),
    evening=words("""
        da tarde | à tarde | da noite | à noite | esta noite | hoje à noite | amanhã à noite | amanhã à tarde
    """),
    oclock=words("em ponto | horas | h"),
    at=words("às | as | à | pelas | por volta das | antes das | depois das | até às | para as | das"),
    parts_follow=table(
        "e quinze 15 | e meia 30 | e um quarto 15 | menos um quarto -15 | e dez 10 | e vinte 20 | e cinco 5"
    ),
    units=table("""
        segundo 1 | segundos 1 | minuto 60 | minutos 60 | min 60 | hora 3600 | horas 3600 | dia 86400 | dias 86400 | semana 604800
        semanas 604800 | noite 86400 | noites 86400
    """),
    months=table("mês 1 | meses 1 | ano 12 | anos 12 | trimestre 3 | trimestres 3"),
    currencies=names(
        "euro EUR | euros EUR | dólar USD | dólares USD | libra GBP | libras GBP | real BRL | reais BRL | iene JPY | ienes JPY"
    ),
    cents=words("cêntimo | cêntimos | centavo | centavos"),
    openers=words("""
        é | são | seria | será | serão | somos | seremos | sou | me chamo | chamo-me | meu nome é | o meu nome é | o nome é
        em nome de | quero | queria | gostaria | gostaria de | prefiro | preciso | preciso de | escolho | me dá | dê-me | digamos
        acho | acho que | acho que é | a | ao | para | para o | de | do | da | desde | em | no | na | o | com | cerca de
        mais ou menos | só | apenas | hum | bem | então | ok | sim | claro | olá | oi | desculpe | desculpa | não | melhor
        quero dizer | queria dizer | eu disse | mude para | envie para | envia para | meu número é | meu telefone é | meu email é
        meu e-mail é | o valor é | a data é | a hora é | e | mas | por favor | espera
    """),
    closers=words("""
        por favor | obrigado | obrigada | muito obrigado | se possível | se der | está bom | seria bom | então | acho | ao todo
        no total | ok
    """),
    questions=words("""
        que | o que | qual | quais | quem | como | quando | quanto | quanta | quantos | quantas | onde | por que | por quê | posso
        pode me | você pode | há | tem | devo | não entendi | não entendo | não compreendo | explique | me diga | tenho uma pergunta
    """),
    unsure=words("""
        não sei | sei lá | não faço ideia | nem ideia | não tenho certeza | nenhum | nenhuma | tanto faz | nada | um momento
        espera | um segundo
    """),
    rather=words("quero dizer | queria dizer | melhor | desculpe | desculpa | não | espera | mas | mude para"),
    rejected=words("não | em vez de | em lugar de | ao invés de"),
    conjunctions=words("e | ou | mais | além de"),
    introductions=words("me chamo | chamo-me | meu nome é | o meu nome é | sou | em nome de | para | de | com"),
    name=words("nome"),
    first_name=words("primeiro nome | nome próprio"),
    last_name=words("sobrenome | apelido"),
)
