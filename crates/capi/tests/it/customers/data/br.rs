//! Brazil.

use super::Country;

/// Brazil: composed first names, one or two surnames with particles, postcodes (CEP) of 5 and 3 digits.
pub const BR: Country = Country {
    code: "BR",
    women: "Maria|Ana|Francisca|Antônia|Adriana|Juliana|Márcia|Fernanda|Patrícia|Aline|Sandra|Camila|Amanda|\
            Bruna|Jéssica|Letícia|Júlia|Luciana|Vanessa|Mariana|Gabriela|Vitória|Larissa|Cláudia|Beatriz|\
            Luíza|Rosângela|Conceição|Maria Eduarda|Maria Clara|Ana Paula|Ana Clara|Ana Lúcia|Maria José|\
            Maria de Fátima|Tânia|Simone|Débora|Flávia|Sônia",
    men: "José|João|Antônio|Francisco|Carlos|Paulo|Pedro|Lucas|Luiz|Marcos|Luís|Gabriel|Rafael|Daniel|Marcelo|\
          Bruno|Eduardo|Felipe|Raimundo|Rodrigo|Manoel|Mateus|André|Fernando|Fábio|Leonardo|Gustavo|\
          Guilherme|Leandro|Tiago|Anderson|Ricardo|Márcio|Jorge|Sebastião|Vinícius|Luiz Fernando|\
          José Carlos|João Pedro|João Paulo|Luiz Henrique|Carlos Eduardo|César|Caetano|Otávio",
    surnames: "da Silva|dos Santos|Santos|Oliveira|de Souza|Rodrigues|Ferreira|Alves|Pereira|Lima|Gomes|\
               Ribeiro|Carvalho|Lopes|Soares|Fernandes|Vieira|Barbosa|Rocha|Dias|Nascimento|Andrade|Moreira|\
               Nunes|Marques|Machado|Mendes|Freitas|Cardoso|Ramos|Gonçalves|Santana|Teixeira|Araújo|\
               de Almeida|Costa|Martins|Melo|Batista|Campos|Borges|Duarte|Monteiro|Moura|Correia|\
               Conceição|Assunção|Brandão|Leitão|Galvão|D'Ávila|Sant'Anna|Sant'Ana|D'Oliveira|Queirós|\
               da Conceição|do Nascimento|Guimarães|Magalhães|Simões|Antunes|Peixoto|Falcão|Cordeiro|Pires",
    cities: "
        São Paulo|São Paulo|SP|01310-100
        Santo André|São Paulo|SP|09010-160
        Guarulhos|São Paulo|SP|07010-010
        Osasco|São Paulo|SP|06010-067
        Campinas|São Paulo|SP|13010-001
        Santa Bárbara d'Oeste|São Paulo|SP|13450-013
        São José dos Campos|São Paulo|SP|12210-020
        Ribeirão Preto|São Paulo|SP|14010-060
        Embu-Guaçu|São Paulo|SP|06900-000
        Rio de Janeiro|Rio de Janeiro|RJ|20040-020
        Niterói|Rio de Janeiro|RJ|24020-150
        Nova Iguaçu|Rio de Janeiro|RJ|26210-000
        Belo Horizonte|Minas Gerais|MG|30130-010
        São João del-Rei|Minas Gerais|MG|36300-084
        Uberlândia|Minas Gerais|MG|38400-100
        Salvador|Bahia|BA|40020-000
        Feira de Santana|Bahia|BA|44001-075
        Fortaleza|Ceará|CE|60025-060
        Recife|Pernambuco|PE|50010-020
        Brasília|Distrito Federal|DF|70040-010
        Curitiba|Paraná|PR|80010-010
        Foz do Iguaçu|Paraná|PR|85851-000
        Porto Alegre|Rio Grande do Sul|RS|90010-150
        Florianópolis|Santa Catarina|SC|88010-400
        Manaus|Amazonas|AM|69005-010
        Belém|Pará|PA|66010-000
        Goiânia|Goiás|GO|74003-010
        São Luís|Maranhão|MA|65010-440
        Maceió|Alagoas|AL|57020-050
        João Pessoa|Paraíba|PB|58010-000
        Vitória|Espírito Santo|ES|29010-120
        Cuiabá|Mato Grosso|MT|78005-200",
    arabic_share: 0,
    double_surnames: 40,
    surname_joint: " ",
    mail_hosts: "gmail.com|gmail.com|hotmail.com|outlook.com|yahoo.com.br|uol.com.br|bol.com.br|terra.com.br|\
                 icloud.com|globo.com",
    share: 16,
};
